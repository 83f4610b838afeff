/** What stays open for long: WebSockets that echo, one after another, and a download. */

import { randomBytes } from "node:crypto";
import { once } from "node:events";
import http from "node:http";
import type { Socket } from "node:net";
import type { Clock } from "#runtime/clock.ts";
import { downloadPieces } from "./upstream.ts";

const host = "stable.test";
/** A WebSocket lives for so many echoes. */
const echoes = 100;
const between = Temporal.Duration.from({ milliseconds: 100 });

/** Echoes over WebSockets until stopped; how many echoes there were and what went wrong. */
export function echoOverWebSockets(
  clock: Clock,
  port: number,
): {
  readonly stop: () => Promise<{ readonly echoes: number; readonly wrong: readonly string[] }>;
} {
  const state = { stopping: false, echoes: 0 };
  const wrong: string[] = [];
  const run = async (): Promise<void> => {
    while (!state.stopping) {
      try {
        await oneWebSocket(clock, port, state);
      } catch (error) {
        wrong.push(`WebSocket: ${error instanceof Error ? error.message : error}`);
      }
    }
  };
  const running = run();
  return {
    stop: async () => {
      state.stopping = true;
      await running;
      return { echoes: state.echoes, wrong };
    },
  };
}

async function oneWebSocket(
  clock: Clock,
  port: number,
  state: { stopping: boolean; echoes: number },
): Promise<void> {
  const socket = await upgrade(port);
  // An error between two echoes is told by the next one.
  socket.on("error", () => undefined);
  try {
    for (let count = 0; count < echoes && !state.stopping; count += 1) {
      const sent = randomBytes(16);
      socket.write(sent);
      const received = await receive(socket, sent.length);
      if (!received.equals(sent)) throw new Error("another echo");
      state.echoes += 1;
      await clock.sleep(between);
    }
  } finally {
    socket.destroy();
  }
}

async function upgrade(port: number): Promise<Socket> {
  const request = http.get({
    ...{ host: "127.0.0.1", port, path: "/socket", agent: false },
    headers: {
      host,
      connection: "Upgrade",
      upgrade: "websocket",
      "sec-websocket-version": "13",
      "sec-websocket-key": randomBytes(16).toString("base64"),
    },
  });
  const upgraded = once(request, "upgrade") as Promise<[http.IncomingMessage, Socket]>;
  const refused = once(request, "response").then(([response]) => {
    throw new Error(`answered ${(response as http.IncomingMessage).statusCode}`);
  });
  refused.catch(() => "one of the two comes");
  const [, socket] = await Promise.race([upgraded, refused]);
  return socket;
}

/** The next bytes, so many of them; rejects when the connection ends before. */
function receive(socket: Socket, length: number): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  if (socket.destroyed) reject(new Error("closed between two echoes"));
  let received = Buffer.alloc(0);
  const take = (chunk: Buffer): void => {
    received = Buffer.concat([received, chunk]);
    if (received.length >= length) resolve(received);
  };
  const ended = (): void => reject(socket.errored ?? new Error("closed before the echo"));
  socket.on("data", take).once("end", ended).once("close", ended);
  return promise.finally(() => {
    socket.off("data", take).off("end", ended).off("close", ended);
  });
}

/** Downloads for so many seconds; what went wrong, if anything. */
export async function download(port: number, seconds: number): Promise<readonly string[]> {
  const every = Math.round((seconds * 1000) / downloadPieces);
  try {
    const request = http.get({
      ...{ host: "127.0.0.1", port, path: `/download?every=${every}`, agent: false },
      headers: { host },
    });
    const [response] = (await once(request, "response")) as [http.IncomingMessage];
    let bytes = 0;
    for await (const chunk of response) bytes += (chunk as Buffer).length;
    const wanted = downloadPieces * 1024;
    return response.statusCode === 200 && bytes === wanted
      ? []
      : [`download: ${response.statusCode}, ${bytes} of ${wanted} bytes`];
  } catch (error) {
    return [`download: ${error instanceof Error ? error.message : error}`];
  }
}
