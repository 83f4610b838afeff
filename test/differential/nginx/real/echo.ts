/** An upstream that answers with the bytes it was asked by, whatever they are. */

import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";

/** What the upstream was asked; a character for each byte. */
export interface Asked {
  /** Who was asked. */
  readonly upstream: string;
  readonly target: string;
  /** By names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface WireEcho extends AsyncDisposable {
  readonly port: number;
}

/** In a request: the status of the answer. */
export const statusHeader = "x-answer";

/** Answers with an {@link Asked} as JSON, 200 unless asked for another status; takes requests without bodies. */
export async function startWireEcho(name: string): Promise<WireEcho> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    // A client that leaves early is no matter.
    socket.on("error", () => socket.destroy());
    let received = "";
    socket.setEncoding("latin1").on("data", (chunk: string) => {
      received += chunk;
      for (let end = received.indexOf("\r\n\r\n"); end >= 0; end = received.indexOf("\r\n\r\n")) {
        socket.write(answerTo(name, received.slice(0, end)), "latin1");
        received = received.slice(end + 4);
      }
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, "close");
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function answerTo(upstream: string, head: string): string {
  const [line = "", ...lines] = head.split("\r\n");
  const asked: Asked = {
    upstream,
    target: line.slice(line.indexOf(" ") + 1, line.lastIndexOf(" ")),
    headers: Object.fromEntries(lines.map(headerOf)),
  };
  const body = JSON.stringify(asked);
  const status = asked.headers[statusHeader] ?? "200";
  // A 503 without it would be taken for the gate's own.
  const date = "Date: Thu, 01 Jan 2026 00:00:00 GMT";
  return `HTTP/1.1 ${status} So\r\n${date}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}

function headerOf(line: string): readonly [string, string] {
  const colon = line.indexOf(":");
  return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
}
