/**
 * A way to the API server that fails as networks do: connections that are open and dead, or none at all. It listens on
 * the first address, leads to the second, takes one order a line, and answers each with a line.
 */

import { once } from "node:events";
import type { Socket } from "node:net";
import { connect, createServer } from "node:net";
import { createInterface } from "node:readline";

const [listen = "", target = ""] = process.argv.slice(2);

interface Address {
  readonly host: string;
  readonly port: number;
}

function addressOf(text: string): Address {
  const [host = "", port = ""] = text.split(":");
  return { host, port: Number(port) };
}

/** Both ends of each connection. */
const open = new Set<readonly [Socket, Socket]>();
let isAway = false;

const server = createServer({ allowHalfOpen: true }, (client) => {
  if (isAway) {
    client.destroy();
    return;
  }
  const pair = [client, connect({ ...addressOf(target), allowHalfOpen: true })] as const;
  open.add(pair);
  for (const [from, to] of [pair, [pair[1], pair[0]] as const]) {
    from.pipe(to);
    from.on("error", () => to.destroy());
    from.on("close", () => {
      open.delete(pair);
      to.destroy();
    });
  }
});

const orders: Readonly<Record<string, () => void>> = {
  /** No byte goes through what is open now, for ever; nobody is told. New connections are good. */
  freeze: () => {
    for (const socket of [...open].flat()) {
      socket.unpipe();
      socket.pause();
    }
    open.clear();
  },
  /** All connections end, and no other is taken. */
  leave: () => {
    isAway = true;
    for (const socket of [...open].flat()) socket.destroy();
  },
  return: () => {
    isAway = false;
  },
};

server.listen(addressOf(listen));
await once(server, "listening");
console.log("ready");
for await (const line of createInterface(process.stdin)) {
  const order = orders[line];
  if (order === undefined) throw new Error(`there is no order ${line}`);
  order();
  console.log("done");
}
process.exit(0);
