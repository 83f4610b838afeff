/** HTTP/1.1 to one server with Node's own client. */

import http from "node:http";
import https from "node:https";
import { isIP } from "node:net";
import type {
  HttpAnswer,
  HttpClient,
  HttpClientErrorCode,
  HttpClients,
  HttpRequest,
  HttpServerAddress,
} from "./http-client.ts";
import { HttpClientError } from "./http-client.ts";

/** {@link HttpClients} on Node's sockets. */
export function createHttpClients(): HttpClients {
  return { to: createHttpClient };
}

function createHttpClient(server: HttpServerAddress): HttpClient {
  const url = new URL(server.url);
  const isTls = url.protocol === "https:";
  const agent = isTls
    ? new https.Agent({ keepAlive: true, ...tlsOptions(server) })
    : new http.Agent({ keepAlive: true });
  const send = isTls ? https.request : http.request;
  const options: http.RequestOptions = {
    agent,
    protocol: url.protocol,
    hostname: server.address ?? plainHost(url),
    port: url.port === "" ? (isTls ? 443 : 80) : url.port,
    ...(server.address === undefined ? {} : { headers: { host: url.host } }),
  };
  const prefix = url.pathname.replace(/\/$/, "");
  return {
    request: (request, signal) =>
      exchange(send, { ...options, path: `${prefix}${request.path}` }, request, signal),
    closeIdle: () => {
      const idle = Object.values(agent.freeSockets).flatMap((sockets) => sockets ?? []);
      for (const socket of idle) socket.destroy();
    },
    close: () => agent.destroy(),
  };
}

/** Without the brackets of IPv6. */
function plainHost({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, "$1");
}

function tlsOptions(server: HttpServerAddress): object {
  const { trusted, identity, unverified } = server;
  const serverName = server.serverName ?? hostToVerify(server);
  return {
    ...(trusted === undefined ? {} : { ca: trusted }),
    ...(identity === undefined ? {} : { cert: identity.certificate, key: identity.key }),
    ...(serverName === undefined ? {} : { servername: serverName }),
    ...(unverified === true ? { rejectUnauthorized: false } : {}),
  };
}

/** When we connect by address, the name of the URL must be said to the server all the same. */
function hostToVerify({ url, address }: HttpServerAddress): string | undefined {
  const host = plainHost(new URL(url));
  return address === undefined || isIP(host) !== 0 ? undefined : host;
}

function exchange(
  send: typeof http.request,
  options: http.RequestOptions,
  { method, headers, body }: HttpRequest,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>();
  const length = body === undefined ? {} : { "content-length": `${Buffer.byteLength(body)}` };
  const all = { ...options.headers, ...headers, ...length };
  const sent = send({ ...options, method, signal, headers: all });
  sent.on("socket", (socket) => {
    socket.setKeepAlive(true, 15_000);
    socket.setNoDelay(true);
  });
  sent.on("response", (response) => {
    // An abort behind the last reader would else be an error that nobody takes.
    response.on("error", () => undefined);
    resolve({
      status: response.statusCode ?? 0,
      headers: headersOf(response),
      body: bodyOf(response, signal),
    });
  });
  sent.on("error", (cause) => reject(failure(cause, signal)));
  sent.setTimeout(0);
  sent.end(body);
  return promise;
}

function headersOf({ headers }: http.IncomingMessage): Readonly<Record<string, string>> {
  const given = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, Array.isArray(value) ? value.join(", ") : value] as const],
  );
  return Object.fromEntries(given);
}

async function* bodyOf(
  response: http.IncomingMessage,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of response) yield chunk as Uint8Array;
  } catch (cause) {
    throw failure(cause, signal);
  }
  // A body that is cut off in the middle ends the stream as if it were complete.
  if (!response.complete) throw new HttpClientError("reset", "the connection was cut");
}

const codes: Readonly<Record<string, HttpClientErrorCode>> = {
  ECONNREFUSED: "refused",
  ENETUNREACH: "unreachable",
  EHOSTUNREACH: "unreachable",
  EADDRNOTAVAIL: "unreachable",
  ECONNRESET: "reset",
  EPIPE: "reset",
  DEPTH_ZERO_SELF_SIGNED_CERT: "untrusted",
  SELF_SIGNED_CERT_IN_CHAIN: "untrusted",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "untrusted",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "untrusted",
  CERT_HAS_EXPIRED: "untrusted",
  ERR_TLS_CERT_ALTNAME_INVALID: "untrusted",
};

function failure(cause: unknown, signal: AbortSignal): HttpClientError {
  if (cause instanceof HttpClientError) return cause;
  const message = cause instanceof Error ? cause.message : String(cause);
  if (signal.aborted) return new HttpClientError("aborted", message, { cause });
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  return new HttpClientError(codes[code] ?? "other", message, { cause });
}
