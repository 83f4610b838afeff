/** HTTP/2 on Node's own client. */

import { type ClientHttp2Session, connect } from "node:http2";
import {
  type Http2Answer,
  type Http2Client,
  Http2ClientError,
  type Http2Question,
} from "./http2-client.ts";

const maxAnswerBytes = 4 * 1024 * 1024;

/** An {@link Http2Client} on this machine's network. */
export function createHttp2Client(): Http2Client {
  return { ask };
}

async function ask(question: Http2Question, signal: AbortSignal): Promise<Http2Answer> {
  const { host, port, serverName, identity } = question;
  if (signal.aborted) throw failure(signal.reason, signal);
  const authority = host.includes(":") ? `[${host}]` : host;
  const session = connect(`https://${authority}:${port}`, {
    ca: identity.clientCa,
    cert: identity.certificateChain,
    key: identity.privateKey,
    servername: serverName,
    minVersion: "TLSv1.3",
  });
  const abort = (): void => session.destroy(new Error("aborted"));
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await exchange(session, question);
  } catch (cause) {
    throw failure(cause, signal);
  } finally {
    signal.removeEventListener("abort", abort);
    session.destroy();
  }
}

function exchange(
  session: ClientHttp2Session,
  { path, body }: Http2Question,
): Promise<Http2Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Http2Answer>();
  session.once("error", reject);
  session.once("close", () => reject(new Error("the connection was closed")));
  const stream = session.request({
    ":method": "POST",
    ":path": path,
    "content-type": "application/json",
  });
  let status = 0;
  const chunks: Buffer[] = [];
  let bytes = 0;
  stream.once("response", (headers) => {
    status = headers[":status"] ?? 0;
  });
  stream.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= maxAnswerBytes) chunks.push(chunk);
    else reject(new Http2ClientError("too-large", "the answer is too large"));
  });
  stream.once("error", reject);
  stream.once("end", () => resolve({ status, body: Buffer.concat(chunks).toString("utf8") }));
  stream.end(body);
  return promise;
}

function failure(cause: unknown, signal: AbortSignal): Http2ClientError {
  if (cause instanceof Http2ClientError) return cause;
  const message = cause instanceof Error ? cause.message : String(cause);
  return new Http2ClientError(signal.aborted ? "aborted" : "unreachable", message, { cause });
}
