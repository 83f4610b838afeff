/** Which running gate a command speaks to. */

import path from "node:path";
import { readHolder } from "./backup/data-holder.ts";
import {
  type CommandContext,
  CommandError,
  socketName,
  stateDirectory,
} from "./command-context.ts";

/** The socket of the gate that is meant: that of `--data`, else the only one that runs. */
export async function findSocket(
  context: CommandContext,
  data: string | undefined,
): Promise<string> {
  if (data !== undefined) {
    const socket = path.join(path.resolve(context.environment.workingDirectory, data), socketName);
    if (await answers(context, socket)) return socket;
    throw new CommandError(
      1,
      `no gate answers in ${data}`,
      `start one: sekisho up DIR --data ${data}`,
    );
  }
  const running = await runningSockets(context);
  const [only, ...others] = running;
  if (only === undefined) {
    throw new CommandError(
      1,
      "no gate is running",
      "start one: sekisho up DIR; one that was given --data is found by --data alone",
    );
  }
  if (others.length > 0) throw await severalError(context, running);
  return only;
}

async function severalError(
  context: CommandContext,
  sockets: readonly string[],
): Promise<CommandError> {
  const places = sockets.map(async (socket) => {
    const data = path.dirname(socket);
    const { serves } = await readHolder(context, data);
    return `--data ${data}${serves.length === 0 ? "" : ` (serves ${serves.join(", ")})`}`;
  });
  const advice = ["say which one is meant:", ...(await Promise.all(places))].join("\n");
  return new CommandError(2, "several gates are running", advice);
}

async function runningSockets(context: CommandContext): Promise<readonly string[]> {
  const state = stateDirectory(context.environment);
  if ((await context.files.status(state)) === undefined) return [];
  const sockets = (await context.files.list(state)).map(({ name }) =>
    path.join(state, name, socketName),
  );
  const answering = await Promise.all(sockets.map((socket) => answers(context, socket)));
  return sockets.filter((_, index) => answering[index] === true);
}

async function answers(context: CommandContext, socket: string): Promise<boolean> {
  if ((await context.files.status(socket)) === undefined) return false;
  try {
    await context.socket.call(socket, "gate.ping", null);
    return true;
  } catch {
    // A socket that a killed gate left behind: nobody is there, which is the answer.
    return false;
  }
}
