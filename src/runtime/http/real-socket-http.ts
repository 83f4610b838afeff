/** HTTP over a Unix socket with Node's own client. */

import http from "node:http";
import type {
  SocketHttp,
  SocketHttpErrorCode,
  SocketRequest,
  SocketResponse,
} from "./socket-http.ts";
import { SocketHttpError } from "./socket-http.ts";

const maxBodyBytes = 64 * 1024 * 1024;

/** A {@link SocketHttp} on Node's sockets. */
export function createSocketHttp(): SocketHttp {
  return { request };
}

async function request(asked: SocketRequest, signal?: AbortSignal): Promise<SocketResponse> {
  const late = AbortSignal.timeout(Math.max(1, asked.timeout.total("milliseconds")));
  const limit = signal === undefined ? late : AbortSignal.any([late, signal]);
  try {
    return await exchange(asked, limit);
  } catch (cause) {
    if (late.aborted) throw failure("timeout", asked, cause);
    throw failure(signal?.aborted === true ? "aborted" : codeOf(cause), asked, cause);
  }
}

function failure(code: SocketHttpErrorCode, asked: SocketRequest, cause: unknown): SocketHttpError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const said = code === "timeout" ? "no answer in time" : reason;
  return new SocketHttpError(code, `${asked.socket}: ${said}`, { cause });
}

function exchange(asked: SocketRequest, signal: AbortSignal): Promise<SocketResponse> {
  const { promise, resolve, reject } = Promise.withResolvers<SocketResponse>();
  const { socket: socketPath, method, path } = asked;
  const options = { socketPath, method, path, signal, agent: false, setHost: false } as const;
  const sent = http.request({ ...options, headers: { host: "localhost" } }, (response) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    response.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > maxBodyBytes) response.destroy(new Error("the answer is larger than 64 MiB"));
      else chunks.push(chunk);
    });
    response.on("error", reject);
    response.on("end", () => {
      resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString("utf8") });
    });
  });
  sent.on("error", reject);
  sent.end();
  return promise;
}

function codeOf(cause: unknown): SocketHttpErrorCode {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  if (code === "ENOENT") return "absent";
  return code === "ECONNREFUSED" || code === "ECONNRESET" ? "refused" : "other";
}
