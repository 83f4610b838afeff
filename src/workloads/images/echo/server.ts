/** Answers with the request as JSON, or with the text of http-echo's `-text`. */

import type { IncomingMessage, ServerResponse } from "node:http";
import process, { argv, env } from "node:process";
import { TLSSocket } from "node:tls";
import { flagValue, portOf } from "../flags.ts";
import { listen, listenTls } from "../listen.ts";
import { readBody } from "../request-body.ts";

const args = argv.slice(2);
const text = flagValue(args, "text") ?? env["ECHO_TEXT"];
const status = Number(flagValue(args, "status-code") ?? 200);
const certificate = env["TLS_SERVER_CERT"];
const key = env["TLS_SERVER_PRIVKEY"];

listen({
  // http-echo's own default is 5678; the flag is what its users give.
  defaultPort: text === undefined ? 8080 : 5678,
  port: portOf(flagValue(args, "listen") ?? env["HTTP_PORT"]),
  handler,
});
if (certificate !== undefined && key !== undefined) {
  const clientAuthorities = env["TLS_CLIENT_CACERTS"];
  listenTls(handler, Number(env["HTTPS_PORT"] ?? 8443), { certificate, key, clientAuthorities });
}

function handler(request: IncomingMessage, response: ServerResponse): void {
  answer(request, response).catch((error: unknown) => {
    // The client went away while its body was read: nobody is left to answer.
    process.stderr.write(`request failed: ${String(error)}\n`);
    response.destroy();
  });
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await readBody(request);
  if (text !== undefined) {
    send(response, "text/plain; charset=utf-8", `${text}\n`);
    return;
  }
  const shown = {
    path: request.url,
    host: request.headers.host,
    method: request.method,
    proto: `HTTP/${request.httpVersion}`,
    headers: headerLists(request),
    bodyBytes: body.length,
    namespace: env["NAMESPACE"] ?? env["POD_NAMESPACE"] ?? "",
    service: env["SERVICE_NAME"] ?? "",
    pod: env["POD_NAME"] ?? env["HOSTNAME"] ?? "",
    client: request.socket.remoteAddress,
    tls: tlsState(request),
  };
  send(response, "application/json", `${JSON.stringify(shown, undefined, 1)}\n`);
}

function headerLists(request: IncomingMessage): Readonly<Record<string, readonly string[]>> {
  const headers: Record<string, string[]> = {};
  for (let index = 0; index + 1 < request.rawHeaders.length; index += 2) {
    const given = `${request.rawHeaders[index]}`;
    const name = given.replace(/(^|-)[a-z]/g, (part) => part.toUpperCase());
    headers[name] = [...(headers[name] ?? []), `${request.rawHeaders[index + 1]}`];
  }
  return headers;
}

function tlsState({ socket }: IncomingMessage): Readonly<Record<string, unknown>> | null {
  if (!(socket instanceof TLSSocket)) return null;
  const peer = socket.getPeerX509Certificate();
  return {
    version: socket.getProtocol(),
    cipherSuite: socket.getCipher().standardName,
    serverName: socket.servername,
    negotiatedProtocol: socket.alpnProtocol,
    peerSubject: peer?.subject ?? null,
    peerSubjectAltName: peer?.subjectAltName ?? null,
    peerVerified: socket.authorized,
  };
}

function send(response: ServerResponse, type: string, body: string): void {
  response.writeHead(status, { "Content-Type": type, "Content-Length": Buffer.byteLength(body) });
  response.end(body);
}
