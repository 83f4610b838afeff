/** Objects of files are changed in their files: which one, and where, is said when a command tries otherwise. */

import { askGate } from "#api/gate-calls.ts";
import type { ObjectKey } from "#kinds/object.ts";
import { StoreError } from "#store/object-store.ts";
import { type CommandContext, CommandError } from "../command-context.ts";

/** The store's refusal with the line to edit; any other error as it is. */
export async function withFile(
  context: CommandContext,
  socket: string,
  key: ObjectKey,
  error: unknown,
): Promise<unknown> {
  if (!(error instanceof StoreError) || error.code !== "read-only") return error;
  const place = await askGate(context.socket, socket, "gate.locate", { ...key, path: "" });
  if (place === null) return error;
  return new CommandError(1, error.message, `edit it there: ${place.file}, line ${place.line}`, {
    cause: error,
  });
}
