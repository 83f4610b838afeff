/** The Envoys of one directory, written down so that the next control plane finds them. */

import { isJsonObject, type Json } from "#base/json.ts";
import { fields, integer, list, oneOf, type Parsed, required, text } from "#base/schema.ts";
import type { Files } from "#runtime/files.ts";
import { FilesError } from "#runtime/files.ts";
import { bootId, ownUserId } from "#runtime/processes/process-table.ts";
import type { ProcessIdentity } from "#runtime/processes/processes.ts";

const envoy = fields({
  pid: required(integer(1)),
  startTicks: required(text),
  /** Its place in a series of hot restarts. */
  epoch: required(integer(0)),
  /** What it was started with: see `fingerprintOf` in `launch.ts`. */
  fingerprint: required(text),
  /**
   * `standing-in`: it only answers for one that died; `starting`: it is about to take over from the one that serves; `retiring`: another took over from it, and it only
   * brings to an end what it has.
   */
  state: required(oneOf("starting", "serving", "retiring", "standing-in")),
});

const roster = fields({
  bootId: required(text),
  /** Who started them. */
  userId: required(integer(0)),
  envoys: required(list(envoy)),
});

export type RecordedEnvoy = Parsed<typeof envoy>;

const maxBytes = 64 * 1024;

/** Who runs; every change is on disk when its promise resolves. Throws FilesError. */
export class EnvoyRoster {
  readonly #files: Files;
  readonly #path: string;
  #envoys: readonly RecordedEnvoy[] = [];
  #foreign: readonly RecordedEnvoy[] = [];

  constructor(files: Files, path: string) {
    this.#files = files;
    this.#path = path;
  }

  /** Oldest first. */
  get envoys(): readonly RecordedEnvoy[] {
    return this.#envoys;
  }

  /** The one that took over from it. */
  heirOf(old: RecordedEnvoy): RecordedEnvoy | undefined {
    const heir = this.#envoys[this.#envoys.indexOf(old) + 1];
    // A series that was begun anew begins with 0.
    return heir?.epoch === old.epoch + 1 ? heir : undefined;
  }

  /** Whether one starts to take over from the one that serves. */
  get isHandingOver(): boolean {
    return this.#envoys.some(({ state }) => state === "starting");
  }

  /** The entry of a process. */
  find(identity: ProcessIdentity): RecordedEnvoy | undefined {
    return this.#envoys.find((entry) => isSame(entry, identity));
  }

  /** Those of another user, who cannot reach our sockets; known from {@link EnvoyRoster.load} on. */
  get foreign(): readonly RecordedEnvoy[] {
    return this.#foreign;
  }

  /** Takes up what an earlier run wrote down; a file that cannot be read, or of another boot, counts as none. */
  async load(): Promise<void> {
    const written = parseRoster(await readText(this.#files, this.#path));
    const isOfThisBoot = written?.bootId === (await bootId(this.#files));
    const found = written !== undefined && isOfThisBoot ? written.envoys : [];
    const isOurs = written?.userId === (await ownUserId(this.#files));
    this.#envoys = isOurs ? found : [];
    this.#foreign = isOurs ? [] : found;
  }

  async add(added: RecordedEnvoy): Promise<void> {
    await this.#write([...this.#envoys, added]);
  }

  /** Its listeners are being closed: it serves no more. */
  async retire(identity: ProcessIdentity): Promise<void> {
    const retired = this.#envoys.map((entry) =>
      isSame(entry, identity) ? { ...entry, state: "retiring" as const } : entry,
    );
    await this.#write(retired);
  }

  /** The one at `to` serves from now on; whoever served before retires. */
  async handOver(to: ProcessIdentity): Promise<void> {
    const handedOver = this.#envoys.map((entry) => {
      if (isSame(entry, to)) return { ...entry, state: "serving" as const };
      return entry.state === "serving" ? { ...entry, state: "retiring" as const } : entry;
    });
    await this.#write(handedOver);
  }

  /** Another process has the place of one that is gone. */
  async replace(gone: RecordedEnvoy, by: RecordedEnvoy): Promise<void> {
    await this.#write(this.#envoys.map((entry) => (entry === gone ? by : entry)));
  }

  async remove(identity: ProcessIdentity): Promise<void> {
    await this.#write(this.#envoys.filter((entry) => !isSame(entry, identity)));
  }

  async #write(envoys: readonly RecordedEnvoy[]): Promise<void> {
    this.#envoys = envoys;
    if (envoys.length === 0) return await this.#files.remove(this.#path);
    const [boot, userId] = [await bootId(this.#files), await ownUserId(this.#files)];
    const written = { bootId: boot, userId, envoys };
    await this.#files.replace(this.#path, `${JSON.stringify(written)}\n`, 0o600);
  }
}

/** The process of an entry. */
export function identityOf({ pid, startTicks }: RecordedEnvoy): ProcessIdentity {
  return { pid, startTicks };
}

function isSame(entry: RecordedEnvoy, { pid, startTicks }: ProcessIdentity): boolean {
  return entry.pid === pid && entry.startTicks === startTicks;
}

async function readText(files: Files, path: string): Promise<string> {
  try {
    return new TextDecoder().decode(await files.read(path, maxBytes));
  } catch (cause) {
    // Nothing there, or nothing we can use: strays are found by the mark in their environment.
    if (cause instanceof FilesError) return "";
    throw cause;
  }
}

/** Undefined for a text that is no roster. */
function parseRoster(content: string): Parsed<typeof roster> | undefined {
  let value: Json;
  try {
    value = JSON.parse(content) as Json;
  } catch {
    // Torn or damaged: the answer is that nothing is known.
    return undefined;
  }
  const problems: Parameters<typeof roster>[1]["problems"] = [];
  const parsed = isJsonObject(value) ? roster(value, { path: "", problems }) : undefined;
  return problems.length === 0 ? parsed : undefined;
}
