/** Echo servers that stand in for pods: one for each address and port, each answering with who it is and what it got. */

import { once } from "node:events";
import type { Server } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { PodPool } from "./pool.ts";
import { addressCount } from "./pool.ts";

/** What an echo server answers with. */
export interface Echo {
  readonly address: string;
  readonly port: number;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

export interface EchoPods extends AsyncDisposable {
  readonly pool: PodPool;
}

/** Starts all pods; their ports are free ones, the same on every address. */
export async function startEchoPods(): Promise<EchoPods> {
  const addresses = Array.from({ length: addressCount }, (_, index) => `127.0.7.${index + 1}`);
  const servers: Server[] = [];
  const web = await listenEverywhere(addresses, servers);
  const admin = await listenEverywhere(addresses, servers);
  return {
    pool: { addresses, ports: [web, admin] },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(servers.map(close));
    },
  };
}

/** A port free on the first address may be taken on another: then the next one is tried. */
async function listenEverywhere(addresses: readonly string[], servers: Server[]): Promise<number> {
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const started: Server[] = [];
    try {
      let port = 0;
      for (const address of addresses) {
        const server = echoServer();
        started.push(server);
        port = await listen(server, address, port);
      }
      servers.push(...started);
      return port;
    } catch (error) {
      await Promise.all(started.map(close));
      if (!(error instanceof Error && "code" in error && error.code === "EADDRINUSE")) throw error;
    }
  }
  throw new Error("no port is free on all pod addresses");
}

async function listen(server: Server, address: string, port: number): Promise<number> {
  server.listen(port, address);
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

function echoServer(): Server {
  return createServer((request, response) => {
    const { localAddress = "", localPort = 0 } = request.socket;
    const echo: Echo = {
      address: localAddress,
      port: localPort,
      method: request.method ?? "",
      path: request.url ?? "",
      headers: request.headers,
    };
    const body = JSON.stringify(echo);
    request.resume();
    response.writeHead(200, {
      "content-type": "application/json",
      "content-length": Buffer.byteLength(body),
    });
    response.end(body);
  });
}

async function close(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, "close");
  server.close();
  server.closeAllConnections();
  await closed;
}
