/** Ports of this machine that lead to addresses inside a lab, through the socket file that the lab listens on. */

import { once } from "node:events";
import type { Socket } from "node:net";
import { connect, createServer } from "node:net";

export interface Forward extends AsyncDisposable {
  /** On 127.0.0.1. */
  readonly port: number;
}

/** Opens a free port; each connection to it becomes one from the lab's node to `address` (`10.96.0.7:80`). */
export async function openForward(socketFile: string, address: string): Promise<Forward> {
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const target = connect({ path: socketFile, allowHalfOpen: true });
    target.write(`${address}\n`);
    for (const [from, to] of [
      [client, target],
      [target, client],
    ] as const) {
      open.add(from);
      from.pipe(to);
      from.on("error", () => to.destroy());
      from.on("close", () => {
        open.delete(from);
        to.destroy();
      });
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const bound = server.address();
  if (bound === null || typeof bound === "string") throw new Error("the port is not open");
  return {
    port: bound.port,
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, "close");
      server.close();
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}
