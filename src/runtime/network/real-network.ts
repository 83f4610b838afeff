/** The network of this machine. */

import http from "node:http";
import https from "node:https";
import net from "node:net";
import type { HttpTarget, Network, NetworkErrorCode } from "./network.ts";
import { NetworkError } from "./network.ts";

/** A {@link Network} on Node's sockets. */
export function createNetwork(): Network {
  return { connect, getStatus };
}

function connect(
  target: { readonly host: string; readonly port: number },
  timeout: Temporal.Duration,
  signal?: AbortSignal,
): Promise<void> {
  return within(timeout, signal, (limit, resolve, reject) => {
    const socket = net.connect({ host: target.host, port: target.port, signal: limit });
    socket.once("connect", () => {
      socket.destroy();
      resolve();
    });
    socket.once("error", reject);
  });
}

function getStatus(
  target: HttpTarget,
  timeout: Temporal.Duration,
  signal?: AbortSignal,
): Promise<number> {
  return within(timeout, signal, (limit, resolve, reject) => {
    const headers = target.headers.flatMap(({ name, value }) => [name, value]);
    if (!target.headers.some(({ name }) => name.toLowerCase() === "host")) {
      headers.push("Host", `${target.host}:${target.port}`);
    }
    const { host, port, path } = target;
    const options = { host, port, path, headers, signal: limit, agent: false } as const;
    const request =
      target.scheme === "HTTPS"
        ? https.request({ ...options, rejectUnauthorized: false })
        : http.request(options);
    request.once("response", (response) => {
      response.destroy();
      resolve(response.statusCode ?? 0);
    });
    request.on("error", reject);
    request.end();
  });
}

/** Runs `ask` with a signal that ends it after `timeout`, and names what went wrong. */
async function within<T>(
  timeout: Temporal.Duration,
  signal: AbortSignal | undefined,
  ask: (limit: AbortSignal, resolve: (value: T) => void, reject: (cause: Error) => void) => void,
): Promise<T> {
  const late = AbortSignal.timeout(Math.max(1, timeout.total("milliseconds")));
  const limit = signal === undefined ? late : AbortSignal.any([late, signal]);
  try {
    return await new Promise<T>((resolve, reject) => ask(limit, resolve, reject));
  } catch (cause) {
    if (late.aborted) throw failure("timeout", cause);
    throw failure(signal?.aborted === true ? "aborted" : codeOf(cause), cause);
  }
}

function codeOf(cause: unknown): NetworkErrorCode {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  if (code === "ECONNREFUSED") return "refused";
  return code === "ECONNRESET" ? "reset" : "other";
}

function failure(code: NetworkErrorCode, cause: unknown): NetworkError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new NetworkError(code, code === "timeout" ? "no answer in time" : reason, { cause });
}
