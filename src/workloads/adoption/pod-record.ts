/** What is written down of a pod's processes, so that the next control plane finds them. */

import { contentHash } from "#base/content-hash.ts";
import { isJsonObject, type Json } from "#base/json.ts";
import {
  fields,
  integer,
  mapOf,
  oneOf,
  optional,
  type Parsed,
  required,
  text,
} from "#base/schema.ts";
import type { KubeObject } from "#kinds/object.ts";
import { type Files, FilesError } from "#runtime/files.ts";
import type { ProcessIdentity } from "#runtime/processes/processes.ts";
import { canonicalText } from "../object-names.ts";

const identity = fields({ pid: required(integer(1)), startTicks: required(text) });

const start = fields({
  process: required(identity),
  /** Starts before this one. */
  restarts: required(integer(0)),
  startedAt: required(text),
  /** See `programId` in `program.ts`. */
  program: required(text),
});

const record = fields({
  /** Process numbers mean nothing in another. */
  bootId: required(text),
  /** Of the pod's specification: see {@link specHash}. */
  spec: required(text),
  mode: required(oneOf("root", "user", "none")),
  address: required(text),
  startedAt: required(text),
  /** What keeps the pod's namespaces; absent without any. */
  holder: optional(identity),
  /** The newest start of each container, init containers too, by name. */
  starts: required(mapOf(start)),
});

export type ContainerStart = Parsed<typeof start>;
export type PodRecord = Parsed<typeof record>;

const maxBytes = 1024 * 1024;

/** Equal as long as a pod need not be started anew. */
export function specHash(object: KubeObject): string {
  const spec = object.body["spec"];
  return contentHash(canonicalText(isJsonObject(spec) ? (spec as Json) : {}));
}

/** Keeps the record of one pod that runs, in the pod's own directory. */
export class PodRecorder {
  readonly #files: Files;
  readonly #path: string;
  #record: PodRecord;
  #written: Promise<void> = Promise.resolve();

  constructor(files: Files, podDirectory: string, record: PodRecord) {
    this.#files = files;
    this.#path = fileOf(podDirectory);
    this.#record = record;
  }

  /** Its place was made; told with the first start. */
  placed(holder: ProcessIdentity | undefined): void {
    this.#record = { ...this.#record, ...(holder === undefined ? {} : { holder }) };
  }

  /** Resolves once a container's start is on disk. */
  async started(container: string, start: ContainerStart): Promise<void> {
    const starts = { ...this.#record.starts, [container]: start };
    this.#record = { ...this.#record, starts };
    // One after another: containers start side by side, and the newest record must be the last one written.
    const write = (): Promise<void> =>
      this.#files.replace(this.#path, `${JSON.stringify(this.#record)}\n`, 0o600);
    this.#written = this.#written.then(write, write);
    await this.#written;
  }
}

/** Undefined when there is none, or none that can be used. */
export async function readPodRecord(
  files: Files,
  podDirectory: string,
): Promise<PodRecord | undefined> {
  try {
    const content = new TextDecoder().decode(await files.read(fileOf(podDirectory), maxBytes));
    return record(JSON.parse(content) as Json, { path: "", problems: [] });
  } catch (cause) {
    // What cannot be read leaves the pod unknown: its processes are ended by their mark.
    if (cause instanceof FilesError || cause instanceof SyntaxError) return undefined;
    throw cause;
  }
}

function fileOf(podDirectory: string): string {
  return `${podDirectory}/run.json`;
}
