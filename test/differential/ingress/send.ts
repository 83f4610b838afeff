/** Sends requests exactly as told (Host header, server name, HTTP version) and says what came back. */

import { once } from "node:events";
import type { ClientHttp2Session, IncomingHttpHeaders } from "node:http2";
import { connect as connectHttp2 } from "node:http2";
import type { Socket } from "node:net";
import { connect } from "node:net";
import type { TLSSocket } from "node:tls";
import { connect as connectTls } from "node:tls";
import type { Shot } from "./requests.ts";

export interface Ports {
  readonly httpPort: number;
  readonly httpsPort: number;
}

export type Observed =
  | {
      readonly kind: "response";
      readonly status: number;
      /** By names in lower case. */
      readonly headers: ReadonlyMap<string, string>;
      readonly body: string;
      /** DER; absent without TLS. */
      readonly certificate?: Buffer;
    }
  /** The connection ended before the TLS handshake did. */
  | Refusal;

export interface Refusal {
  readonly kind: "refused";
  /** Of our end of the connection. */
  readonly localPort: number;
}

/** How long a silent gate is waited for. */
const silenceMs = 10_000;

/** A client with one HTTP/2 connection for each server name, as a browser would have. */
export class Client {
  readonly #ports: Ports;
  readonly #sessions = new Map<string, Promise<Session | Refusal>>();

  constructor(ports: Ports) {
    this.#ports = ports;
  }

  /** Sends one request; `headers` go along. */
  async send(shot: Shot, headers: Readonly<Record<string, string>> = {}): Promise<Observed> {
    return shot.protocol === "h2"
      ? await this.#sendHttp2(shot, headers)
      : await sendHttp1(this.#ports, shot, headers);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const opening of this.#sessions.values()) {
      const session = await opening;
      if (session.kind === "refused") continue;
      session.http2.destroy();
      session.socket.destroy();
    }
  }

  async #sendHttp2(shot: Shot, headers: Readonly<Record<string, string>>): Promise<Observed> {
    const key = shot.sni ?? "";
    const opening = this.#sessions.get(key) ?? openSession(this.#ports, shot);
    this.#sessions.set(key, opening);
    const session = await opening;
    if (session.kind === "refused") return session;
    return {
      ...(await exchangeHttp2(session.http2, shot, headers)),
      certificate: session.certificate,
    };
  }
}

interface Session {
  readonly kind: "session";
  readonly http2: ClientHttp2Session;
  readonly socket: TLSSocket;
  readonly certificate: Buffer;
}

interface Response {
  readonly kind: "response";
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

async function openSession(ports: Ports, shot: Shot): Promise<Session | Refusal> {
  const socket = await handshake(ports, shot, "h2");
  if ("kind" in socket) return socket;
  const http2 = connectHttp2("https://gate.invalid", { createConnection: () => socket });
  // What goes wrong shows in the stream that meets it.
  http2.on("error", () => undefined);
  const certificate = socket.getPeerX509Certificate()?.raw ?? Buffer.alloc(0);
  return { kind: "session", http2, socket, certificate };
}

async function exchangeHttp2(
  session: ClientHttp2Session,
  shot: Shot,
  headers: Readonly<Record<string, string>>,
): Promise<Response> {
  const stream = session.request({
    ...headers,
    ":method": shot.method ?? "GET",
    ":authority": shot.host,
    ":path": shot.path,
  });
  stream.setTimeout(silenceMs, () => stream.destroy(new Error("no answer on HTTP/2 stream")));
  let answer: IncomingHttpHeaders & { readonly ":status"?: number | undefined } = {};
  stream.on("response", (received) => {
    answer = received;
  });
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  const { ":status": status, ...fields } = answer;
  if (status === undefined) throw new Error("HTTP/2 stream ended without an answer");
  return {
    kind: "response",
    status,
    headers: new Map(Object.entries(fields).map(([name, value]) => [name, `${value}`])),
    body: Buffer.concat(chunks).toString(),
  };
}

async function sendHttp1(
  ports: Ports,
  shot: Shot,
  headers: Readonly<Record<string, string>>,
): Promise<Observed> {
  if (shot.scheme === "http") {
    const socket = connect(ports.httpPort, "127.0.0.1");
    return await exchangeHttp1(socket, shot, headers);
  }
  const socket = await handshake(ports, shot, "http/1.1");
  if ("kind" in socket) return socket;
  const certificate = socket.getPeerX509Certificate()?.raw ?? Buffer.alloc(0);
  return { ...(await exchangeHttp1(socket, shot, headers)), certificate };
}

/** A TLS connection, unless the gate refuses it. */
async function handshake(
  ports: Ports,
  shot: Shot,
  protocol: "h2" | "http/1.1",
): Promise<TLSSocket | Refusal> {
  const socket = connectTls({
    host: "127.0.0.1",
    port: ports.httpsPort,
    ALPNProtocols: [protocol],
    // Which certificate is shown is compared, not whether anybody trusts it.
    rejectUnauthorized: false,
    ...(shot.sni !== undefined && { servername: shot.sni }),
  });
  socket.setTimeout(silenceMs, () => socket.destroy(new Error("silence in the TLS handshake")));
  let localPort = 0;
  socket.on("connect", () => {
    localPort = socket.localPort ?? 0;
  });
  try {
    await once(socket, "secureConnect");
    socket.setTimeout(0);
    return socket;
  } catch (error) {
    socket.destroy();
    const text = String(error);
    // A closed connection or an alert is a refusal; silence or a closed port is not.
    if (/ECONNRESET|EPIPE|disconnected before secure|alert|EPROTO/.test(text))
      return { kind: "refused", localPort };
    throw error;
  }
}

async function exchangeHttp1(
  socket: Socket,
  shot: Shot,
  headers: Readonly<Record<string, string>>,
): Promise<Response> {
  socket.setTimeout(silenceMs, () => socket.destroy(new Error("no answer on HTTP/1.1 connection")));
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(
    `${shot.method ?? "GET"} ${shot.path} HTTP/1.1\r\nHost: ${shot.host}\r\n${lines.join("")}Connection: close\r\n\r\n`,
  );
  let received: Buffer = Buffer.alloc(0);
  for await (const chunk of socket) {
    received = Buffer.concat([received, chunk as Buffer]);
    const response = parseResponse(received.toString());
    // Envoy closes a second later: leaving the loop closes now.
    if (response !== undefined) return response;
  }
  throw new Error(`no whole response: ${JSON.stringify(received.toString())}`);
}

/** A response with a length; undefined while some of it is missing. Its bodies here are ASCII. */
function parseResponse(text: string): Response | undefined {
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const [statusLine = "", ...lines] = text.slice(0, end).split("\r\n");
  const status = /^HTTP\/1\.1 (\d{3})/.exec(statusLine)?.[1];
  if (status === undefined) throw new Error(`no HTTP response: ${JSON.stringify(text)}`);
  const body = text.slice(end + 4);
  const headers = new Map(lines.map(headerOf));
  if (body.length < Number(headers.get("content-length") ?? 0)) return undefined;
  return { kind: "response", status: Number(status), headers, body };
}

function headerOf(line: string): readonly [string, string] {
  const colon = line.indexOf(":");
  return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
}
