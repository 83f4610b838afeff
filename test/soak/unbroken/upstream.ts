/** A server behind the gate: says who it is, echoes over WebSockets, and sends a download that takes its time. */

import { createHash } from "node:crypto";
import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { createClock } from "#runtime/real-clock.ts";

export interface Upstream extends AsyncDisposable {
  readonly name: string;
  readonly port: number;
}

/** RFC 6455 §1.3. */
const webSocketKey = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** A download is this many pieces of 1 KiB. */
export const downloadPieces = 300;

export async function startUpstream(name: string): Promise<Upstream> {
  const clock = createClock();
  const server = http.createServer((request, response) => {
    if (request.url?.startsWith("/download") !== true) {
      response.end(name);
      return;
    }
    const every = Temporal.Duration.from({
      milliseconds: Number(new URL(request.url, "http://a").searchParams.get("every")),
    });
    let sent = 0;
    const send = (): void => {
      if (sent === downloadPieces) {
        response.end();
        return;
      }
      sent += 1;
      response.write(Buffer.alloc(1024, "x"));
      clock.after(every, send);
    };
    send();
  });
  server.keepAliveTimeout = 120_000;
  const sockets = new Set<Duplex>();
  server.on("upgrade", (request, socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    const accept = createHash("sha1")
      .update(`${request.headers["sec-websocket-key"]}${webSocketKey}`)
      .digest("base64");
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    socket.pipe(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    name,
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
