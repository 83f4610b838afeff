/** What every stand-in does: listen where the pod's environment says, and leave politely on SIGTERM. */

import { readFileSync } from "node:fs";
import type { RequestListener, Server } from "node:http";
import { createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import process, { env } from "node:process";

export interface ListenOptions {
  readonly handler: RequestListener;
  /** Without PORT in the environment. */
  readonly defaultPort: number;
  /** Wins over PORT: what the image's own flags say. */
  readonly port?: number | undefined;
}

export interface TlsFiles {
  readonly certificate: string;
  readonly key: string;
  /** Clients are asked for a certificate of these authorities; it is shown, not insisted on. */
  readonly clientAuthorities: string | undefined;
}

/** Listens on POD_IP (all addresses without it) until SIGTERM; requests under way are finished. */
export function listen(options: ListenOptions): void {
  const port = options.port ?? Number(env["PORT"] ?? options.defaultPort);
  open(createServer(options.handler), port);
}

/** The same over TLS; the client's certificate is asked for when there are authorities to check it with. */
export function listenTls(handler: RequestListener, port: number, files: TlsFiles): void {
  const authorities = files.clientAuthorities;
  const server = createTlsServer(
    {
      cert: readFileSync(files.certificate),
      key: readFileSync(files.key),
      requestCert: authorities !== undefined,
      rejectUnauthorized: false,
      ...(authorities === undefined ? {} : { ca: readFileSync(authorities) }),
    },
    handler,
  );
  open(server, port);
}

function open(server: Server, port: number): void {
  // The gate keeps connections for reuse: closing idle ones by a timer races with its next request.
  server.keepAliveTimeout = 0;
  server.headersTimeout = 0;
  server.requestTimeout = 0;
  const host = env["POD_IP"] ?? "0.0.0.0";
  server.on("error", (error) => {
    process.stderr.write(`cannot listen on ${host}:${port}: ${error.message}\n`);
    process.exit(1);
  });
  // Else a gate on every address could not have the port of any pod, and 8080 is the usual port of both.
  server.listen({ port, host, reusePort: true }, () => {
    const address = server.address();
    const opened = typeof address === "object" && address !== null ? address.port : port;
    process.stdout.write(`listening on ${host}:${opened}\n`);
  });
  process.once("SIGTERM", () => {
    server.close();
    server.closeIdleConnections();
  });
}
