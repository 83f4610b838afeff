/** Local calls on Node's HTTP over a Unix socket. */

import { chmod, rm } from "node:fs/promises";
import http, { type IncomingMessage, type ServerResponse } from "node:http";
import { createInterface } from "node:readline";
import { isJsonObject, type Json, type JsonObject } from "#base/json.ts";
import {
  type LocalAnswer,
  type LocalCall,
  type LocalSocket,
  LocalSocketError,
} from "./local-socket.ts";

/** No call of ours is larger: an object has at most 1.5 MiB. */
const maxInputBytes = 8 * 1024 * 1024;

/** A {@link LocalSocket} on this machine. */
export function createLocalSocket(): LocalSocket {
  return { serve, call, stream };
}

async function serve(
  path: string,
  answer: (call: LocalCall) => Promise<LocalAnswer>,
): Promise<{ readonly close: () => Promise<void> }> {
  await rm(path, { force: true });
  const server = http.createServer((request, response) => {
    void respond(request, response, answer);
  });
  const previous = process.umask(0o177);
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(path, resolve);
    });
  } finally {
    process.umask(previous);
  }
  await chmod(path, 0o600);
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  answer: (call: LocalCall) => Promise<LocalAnswer>,
): Promise<void> {
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  try {
    const method = (request.url ?? "/").slice(1);
    const result = await answer({ method, input: await readInput(request), signal: gone.signal });
    if (result.kind === "stream") await writeAll(response, result.values, gone.signal);
    else response.setHeader("content-type", "application/json").end(JSON.stringify(result));
  } catch (error) {
    if (gone.signal.aborted) return;
    const message = error instanceof Error ? error.message : "unknown";
    const line = JSON.stringify({ kind: "error", code: "internal", message });
    if (response.headersSent) response.end(`${line}\n`);
    else response.writeHead(500, { "content-type": "application/json" }).end(line);
  }
}

async function readInput(request: IncomingMessage): Promise<Json> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += (chunk as Buffer).length;
    if (bytes > maxInputBytes) throw new Error(`the call is larger than ${maxInputBytes} bytes`);
    chunks.push(chunk as Buffer);
  }
  return bytes === 0 ? null : (JSON.parse(Buffer.concat(chunks).toString("utf8")) as Json);
}

async function writeAll(
  response: ServerResponse,
  values: AsyncIterable<Json>,
  signal: AbortSignal,
): Promise<void> {
  response.writeHead(200, { "content-type": "application/x-ndjson" });
  response.flushHeaders();
  for await (const value of values) {
    if (signal.aborted) return;
    if (!response.write(`${JSON.stringify({ kind: "value", value })}\n`)) {
      await new Promise<void>((resolve) => {
        response.once("drain", resolve);
        response.once("close", resolve);
      });
    }
  }
  response.end();
}

async function call(
  path: string,
  method: string,
  input: Json,
  signal?: AbortSignal,
): Promise<Json> {
  const response = await request(path, method, input, signal);
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return valueOf(JSON.parse(Buffer.concat(chunks).toString("utf8")) as Json);
}

async function* stream(
  path: string,
  method: string,
  input: Json,
  signal: AbortSignal,
): AsyncGenerator<Json> {
  const response = await request(path, method, input, signal);
  for await (const line of createInterface({ input: response })) {
    if (line !== "") yield valueOf(JSON.parse(line) as Json);
  }
}

function valueOf(answer: Json): Json {
  if (!isJsonObject(answer))
    throw new LocalSocketError("internal", "the answer cannot be understood");
  const { kind, value, code, message } = answer as JsonObject;
  if (kind === "value") return value ?? null;
  throw new LocalSocketError(
    `${code ?? "internal"}`,
    `${message ?? "the answer cannot be understood"}`,
  );
}

function request(
  path: string,
  method: string,
  input: Json,
  signal?: AbortSignal,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const options = {
      socketPath: path,
      path: `/${method}`,
      method: "POST",
      ...(signal === undefined ? {} : { signal }),
    };
    const sent = http.request(options, resolve);
    sent.once("error", (cause: NodeJS.ErrnoException) => {
      const unreachable = cause.code === "ENOENT" || cause.code === "ECONNREFUSED";
      reject(new LocalSocketError(unreachable ? "unreachable" : "other", cause.message, { cause }));
    });
    sent.end(JSON.stringify(input));
  });
}
