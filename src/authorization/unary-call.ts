/**
 * One gRPC method without streams, on HTTP/2 itself: every protected request of Envoy is one such call, and a general
 * library takes several times as long for it (gRPC, "gRPC over HTTP2").
 */

import type { Http2Handler } from "#runtime/http/http2-server.ts";

type Http2ServerRequest = Parameters<Http2Handler>[0];
type Http2ServerResponse = Parameters<Http2Handler>[1];

export interface UnaryMethod {
  /** `/package.Service/Method`. */
  readonly path: string;
  /** A question that is larger is refused. */
  readonly maxBytes: number;
  /** The encoded answer; `signal` aborts when nobody waits for it any more. */
  readonly answer: (question: Uint8Array, signal: AbortSignal) => Promise<Uint8Array>;
  /** Hears of failures: the caller is told that there was one, not which. */
  readonly failed: (error: unknown) => void;
}

/** A flag for compression and four bytes of length stand before each message. */
const prefixBytes = 5;
/** Statuses of gRPC: OK, RESOURCE_EXHAUSTED, the one for methods that a server does not have, INTERNAL. */
const status = { ok: "0", exhausted: "8", noSuchMethod: "12", internal: "13" } as const;

/** Answers calls of that method, and says of others that there is none. */
export function answerCalls(method: UnaryMethod): Http2Handler {
  return (request, response) => {
    // Whoever asked may be gone: there is nobody to tell.
    request.on("error", () => response.stream.destroy());
    if (request.url !== method.path) return end(response, status.noSuchMethod);
    readCall(request, response, method);
  };
}

function readCall(
  request: Http2ServerRequest,
  response: Http2ServerResponse,
  method: UnaryMethod,
): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  request.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= method.maxBytes) chunks.push(chunk);
  });
  request.on("end", () => {
    if (bytes > method.maxBytes) return end(response, status.exhausted);
    const [first] = chunks;
    const frame = chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks);
    void answerCall(response, frame, method);
  });
}

async function answerCall(
  response: Http2ServerResponse,
  frame: Buffer,
  method: UnaryMethod,
): Promise<void> {
  const gone = new AbortController();
  response.on("close", () => gone.abort());
  try {
    if (!isWhole(frame)) return end(response, status.internal);
    reply(response, await method.answer(frame.subarray(prefixBytes), gone.signal));
  } catch (cause) {
    method.failed(cause);
    end(response, status.internal);
  }
}

/** One message, not compressed. */
function isWhole(frame: Buffer): boolean {
  return (
    frame.length >= prefixBytes &&
    frame[0] === 0 &&
    frame.readUInt32BE(1) === frame.length - prefixBytes
  );
}

function reply(response: Http2ServerResponse, answer: Uint8Array): void {
  const frame = Buffer.allocUnsafe(prefixBytes + answer.length);
  frame[0] = 0;
  frame.writeUInt32BE(answer.length, 1);
  frame.set(answer, prefixBytes);
  response.writeHead(200, { "content-type": "application/grpc" });
  response.addTrailers({ "grpc-status": status.ok });
  response.end(frame);
}

/** A status without a message. */
function end(response: Http2ServerResponse, code: string): void {
  response.writeHead(200, { "content-type": "application/grpc", "grpc-status": code });
  response.end();
}
