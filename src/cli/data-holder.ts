/** Who holds a data directory: written by whoever has its lock, read by the next one who wants it. */

import path from "node:path";
import { isJsonObject, type JsonObject } from "#base/json.ts";
import { type EmbeddedStore, openEmbeddedStore } from "#store/embedded/embedded-store.ts";
import { StoreError } from "#store/object-store.ts";
import type { Sealer } from "#store/sealer.ts";
import { type CommandContext, CommandError } from "./command-context.ts";

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
  const { who, pid } = await readHolder(context, path.join(data, holderName));
  const end = pid === undefined ? "stop that one" : `stop that one (kill ${pid})`;
  return new CommandError(
    1,
    `the data directory ${data} is held by ${who}`,
    `${end}, or give this one a directory of its own with --data DIRECTORY`,
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

/** The number of the process that wrote last that it has the lock; undefined when none did. */
export async function readHolderPid(
  context: CommandContext,
  data: string,
): Promise<number | undefined> {
  return (await readHolder(context, path.join(data, holderName))).pid;
}

/** The lock says that somebody has the directory; a file that cannot be read only leaves open who. */
async function readHolder(
  context: CommandContext,
  file: string,
): Promise<{ readonly who: string; readonly pid: number | undefined }> {
  const { pid, serves, since } = await readObject(context, file);
  if (typeof pid !== "number") return { who: "another sekisho", pid: undefined };
  const what = Array.isArray(serves) ? `, which serves ${serves.join(", ")}` : "";
  return { who: `process ${pid}${what} since ${since}`, pid };
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
