/** Pages on Node's HTTP server, bounded against whoever can reach the address. */

import http, { type IncomingMessage, type Server, type ServerResponse } from "node:http";
import {
  type Page,
  type PageAddress,
  type PageListener,
  type PageRequest,
  type PageServer,
  PageServerError,
} from "./page-server.ts";

export interface PageServerLimits {
  /** Connections beyond this number are closed at once. */
  readonly maxConnections: number;
  /** For the head of a request, and between two requests. */
  readonly waitMs: number;
  /** From request to the last byte taken by the client. */
  readonly answerMs: number;
}

export const defaultPageLimits: PageServerLimits = {
  maxConnections: 16,
  waitMs: 5_000,
  answerMs: 30_000,
};

/** A {@link PageServer} on this machine. */
export function createPageServer(limits: PageServerLimits = defaultPageLimits): PageServer {
  return { listen: (address, answer) => listen(address, answer, limits) };
}

async function listen(
  address: PageAddress,
  answer: (request: PageRequest) => Promise<Page>,
  limits: PageServerLimits,
): Promise<PageListener> {
  const { waitMs, maxConnections } = limits;
  const server = http.createServer(
    {
      maxHeaderSize: 8 * 1024,
      headersTimeout: waitMs,
      requestTimeout: waitMs,
      keepAliveTimeout: waitMs,
      connectionsCheckingInterval: Math.ceil(waitMs / 4),
    },
    (request, response) => void respond(request, response, answer, limits),
  );
  server.maxConnections = maxConnections;
  try {
    await bind(server, address);
  } catch (cause) {
    throw listenError(`${address.host}:${address.port}`, cause);
  }
  const bound = server.address();
  return {
    port: typeof bound === "object" && bound !== null ? bound.port : address.port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function bind(server: Server, { host, port }: PageAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  answer: (request: PageRequest) => Promise<Page>,
  { answerMs }: PageServerLimits,
): Promise<void> {
  const late = setTimeout(() => response.destroy(), answerMs);
  response.once("close", () => clearTimeout(late));
  const hasBody =
    request.headers["transfer-encoding"] !== undefined ||
    (request.headers["content-length"] ?? "0") !== "0";
  // A body is not read, so the connection cannot be used again.
  if (hasBody) response.setHeader("connection", "close");
  try {
    const method = request.method ?? "";
    const [path = ""] = (request.url ?? "").split("?");
    const page = await answer({ method, path });
    response.writeHead(page.status, { ...page.headers, "content-length": page.body.length });
    response.end(method === "HEAD" ? undefined : page.body);
  } catch {
    // What could not be answered is the page's affair and was said there; the client gets no details.
    if (response.headersSent) response.destroy();
    else response.writeHead(500, { "content-length": 0 }).end();
  }
}

function listenError(where: string, cause: unknown): PageServerError {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  if (code === "EADDRINUSE") {
    return new PageServerError("in-use", `${where} is in use`, { cause });
  }
  if (code === "EACCES" || code === "EPERM") {
    return new PageServerError("denied", `${where} may not be opened by this user`, { cause });
  }
  const text =
    code === "EADDRNOTAVAIL" || code === "ENOTFOUND"
      ? "is no address of this machine"
      : `cannot be opened (${String(code)})`;
  return new PageServerError("other", `${where} ${text}`, { cause });
}
