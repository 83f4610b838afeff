/** The key under which Secrets are stored, when one is given from outside. */

import path from "node:path";
import { createSealer } from "#crypto/sealer.ts";
import type { Sealer } from "#store/sealer.ts";
import { type CommandContext, CommandError } from "../command-context.ts";

/** Names a file with 32 bytes, or their base64 or hex text. Out of the data directory, else it guards nothing. */
export const storeKeyFile = "SEKISHO_STORE_KEY_FILE";

/** The sealer of the key file that the environment names; undefined when it names none. */
export async function sealerOf(context: CommandContext): Promise<Sealer | undefined> {
  const file = context.environment.variables[storeKeyFile];
  if (file === undefined || file === "") return undefined;
  const bytes = await context.files.read(
    path.resolve(context.environment.workingDirectory, file),
    1024,
  );
  const key = keyOf(bytes);
  if (key !== undefined) return createSealer(key);
  throw new CommandError(
    1,
    `${storeKeyFile} names ${file}, which holds no key of 32 bytes`,
    "make one: openssl rand -base64 32 > FILE",
  );
}

function keyOf(bytes: Uint8Array): Uint8Array | undefined {
  if (bytes.length === 32) return bytes;
  const text = Buffer.from(bytes).toString("utf8").trim();
  if (/^[0-9a-fA-F]{64}$/.test(text)) return Buffer.from(text, "hex");
  const decoded = Buffer.from(text, "base64");
  return decoded.length === 32 ? decoded : undefined;
}
