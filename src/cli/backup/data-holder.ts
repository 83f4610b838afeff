/** Who holds a data directory: written by whoever has its lock, read by the next one who wants it. */

import path from "node:path";
import { isJsonObject, type JsonObject } from "#base/json.ts";
import { type EmbeddedStore, openEmbeddedStore } from "#store/embedded/embedded-store.ts";
import { StoreError } from "#store/object-store.ts";
import type { Sealer } from "#store/sealer.ts";
import { type CommandContext, CommandError } from "../command-context.ts";

const holderName = "holder.json";
const maxBytes = 64 * 1024;

/** Opens the store of a data directory for serving `directories`; throws CommandError that names who has it already. */
export async function openHeldStore(
  context: CommandContext,
  data: string,
  directories: readonly string[],
  sealer: Sealer | undefined,
): Promise<EmbeddedStore> {
  try {
    const settings = { directory: data, ...(sealer === undefined ? {} : { sealer }) };
    const store = await openEmbeddedStore(context, settings);
    await context.files.replace(
      path.join(data, holderName),
      formatHolder(context, directories),
      0o600,
    );
    return store;
  } catch (error) {
    throw error instanceof StoreError && error.code === "locked"
      ? await heldError(context, data, error)
      : error;
  }
}

async function heldError(
  context: CommandContext,
  data: string,
  cause: StoreError,
): Promise<CommandError> {
  const holder = await readHolder(context, data);
  return new CommandError(
    1,
    `the data directory ${data} is held by ${describeHolder(holder)}`,
    `stop that one (sekisho down --data ${data}), or give this one a directory of its own with --data DIRECTORY`,
    { cause },
  );
}

function formatHolder(context: CommandContext, directories: readonly string[]): string {
  const { processId, workingDirectory } = context.environment;
  const holder = {
    pid: processId,
    serves: directories.map((directory) => path.resolve(workingDirectory, directory)),
    since: context.clock.now().toString({ smallestUnit: "second" }),
  };
  return `${JSON.stringify(holder)}\n`;
}

export interface Holder {
  /** Undefined when it cannot be read. */
  readonly pid: number | undefined;
  /** The directories it serves, absolute. */
  readonly serves: readonly string[];
  /** RFC 3339. */
  readonly since: string;
}

/** Who wrote last that it has the lock; whether somebody has it, the lock says. */
export async function readHolder(context: CommandContext, data: string): Promise<Holder> {
  const { pid, serves, since } = await readObject(context, path.join(data, holderName));
  return {
    pid: typeof pid === "number" ? pid : undefined,
    serves: Array.isArray(serves) ? serves.map(String) : [],
    since: String(since),
  };
}

function describeHolder({ pid, serves, since }: Holder): string {
  if (pid === undefined) return "another sekisho";
  return `process ${pid}${serves.length === 0 ? "" : `, which serves ${serves.join(", ")}`} since ${since}`;
}

async function readObject(context: CommandContext, file: string): Promise<JsonObject> {
  try {
    const text = Buffer.from(await context.files.read(file, maxBytes)).toString("utf8");
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : {};
  } catch {
    // The holder may be just starting; who it is matters less than that there is one.
    return {};
  }
}
