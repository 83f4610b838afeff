/** HTTP/2 on Node's own servers. */

import { chmod, rm } from "node:fs/promises";
import type {
  Http2SecureServer,
  Http2Server as NodeHttp2Server,
  ServerHttp2Session,
} from "node:http2";
import { createSecureServer, createServer } from "node:http2";
import type {
  Http2Address,
  Http2Handler,
  Http2Listener,
  Http2Server,
  TlsIdentity,
} from "./http2-server.ts";
import { Http2ServerError } from "./http2-server.ts";

/** Longest path of a Unix socket on Linux (`sun_path`, with its closing zero); longer ones are cut in silence. */
const maxSocketPath = 107;

/** An {@link Http2Server} on this machine. */
export function createHttp2Server(): Http2Server {
  return { listen };
}

async function listen(address: Http2Address, handler: Http2Handler): Promise<Http2Listener> {
  if (address.kind === "unix") {
    const server = createServer(handler);
    const close = closing(server);
    await orExplain(address.path, bindSocket(server, address.path));
    return { port: undefined, replaceIdentity: () => undefined, close };
  }
  const server = createSecureServer(
    { ...tlsOptions(address.identity), requestCert: true },
    handler,
  );
  const close = closing(server);
  const { host, port } = address;
  await orExplain(
    `${host}:${port}`,
    bind(server, () => server.listen(port, host)),
  );
  const bound = server.address();
  return {
    port: typeof bound === "object" && bound !== null ? bound.port : undefined,
    replaceIdentity: (identity) => server.setSecureContext(tlsOptions(identity)),
    close,
  };
}

function tlsOptions({ certificateChain, privateKey, clientCa }: TlsIdentity): {
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
  readonly rejectUnauthorized: true;
  readonly minVersion: "TLSv1.3";
} {
  return {
    cert: certificateChain,
    key: privateKey,
    ca: clientCa,
    rejectUnauthorized: true,
    minVersion: "TLSv1.3",
  };
}

type AnyServer = NodeHttp2Server | Http2SecureServer;

/** A function that stops listening and ends all sessions. */
function closing(server: AnyServer): () => Promise<void> {
  const sessions = new Set<ServerHttp2Session>();
  server.on("session", (session: ServerHttp2Session) => {
    sessions.add(session);
    // A peer that breaks off is not our failure; its streams end with their own errors.
    session.on("error", () => session.destroy());
    session.once("close", () => sessions.delete(session));
  });
  return () =>
    new Promise((resolve) => {
      server.close(() => resolve());
      for (const session of sessions) session.destroy();
    });
}

/** The socket is never open to others, not even between its creation and a chmod: hence the mask. */
async function bindSocket(server: AnyServer, path: string): Promise<void> {
  if (Buffer.byteLength(path) > maxSocketPath) {
    throw new Http2ServerError(
      "path-too-long",
      `the socket path ${path} is longer than ${maxSocketPath} bytes; choose a shorter directory`,
    );
  }
  await rm(path, { force: true });
  const previous = process.umask(0o177);
  try {
    await bind(server, () => server.listen(path));
  } finally {
    process.umask(previous);
  }
  await chmod(path, 0o600);
}

function bind(server: AnyServer, start: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.once("listening", () => {
      server.off("error", reject);
      resolve();
    });
    start();
  });
}

async function orExplain(where: string, binding: Promise<void>): Promise<void> {
  try {
    await binding;
  } catch (cause) {
    throw listenError(where, cause);
  }
}

function listenError(where: string, cause: unknown): Http2ServerError {
  if (cause instanceof Http2ServerError) return cause;
  const code = errorCode(cause);
  if (code === "EADDRINUSE") {
    const message = `${where} is in use; stop what listens there or choose another address`;
    return new Http2ServerError("in-use", message, { cause });
  }
  if (code === "EACCES" || code === "EPERM") {
    const message = `not allowed to listen on ${where}; choose an address this user may use`;
    return new Http2ServerError("denied", message, { cause });
  }
  const message = `cannot listen on ${where} (${code}); choose another address`;
  return new Http2ServerError("other", message, { cause });
}

function errorCode(cause: unknown): string {
  const code: unknown = cause instanceof Error && "code" in cause ? cause.code : undefined;
  return typeof code === "string" ? code : "unknown";
}
