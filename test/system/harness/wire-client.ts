/** Requests as they are on the wire: nothing is added, corrected or refused on the way to the gate. */

import { once } from "node:events";
import http2 from "node:http2";
import type { Socket } from "node:net";
import net from "node:net";
import tls from "node:tls";

export interface WireAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface Peer {
  /** Default: 127.0.0.1. */
  readonly host?: string;
  readonly port: number;
  /** Handshake first, asking for that name; `undefined`: for none. Absent: no TLS. */
  readonly tls?: {
    readonly serverName: string | undefined;
    readonly protocols?: string[];
    /** Shown when it is asked for: PEM. */
    readonly papers?: { readonly certificates: string; readonly key: string };
    /** A session to take up again. */
    readonly session?: Buffer;
    /** What signatures the client can verify, in OpenSSL's names. Default: as OpenSSL does. */
    readonly signatures?: string;
    /** Default: the newest that both speak. */
    readonly version?: "TLSv1.2" | "TLSv1.3";
  };
  /** The address to come from. */
  readonly from?: string;
}

/** A connected socket; rejects with OpenSSL's code when the handshake fails. */
export async function connect(peer: Peer): Promise<Socket> {
  const socket = net.connect({
    host: peer.host ?? "127.0.0.1",
    port: peer.port,
    ...(peer.from === undefined ? {} : { localAddress: peer.from }),
  });
  await once(socket, "connect");
  if (peer.tls === undefined) return socket;
  const { serverName, protocols = ["http/1.1"], papers, session, signatures, version } = peer.tls;
  const secure = tls.connect({
    socket,
    ALPNProtocols: protocols,
    rejectUnauthorized: false,
    ...(serverName === undefined ? {} : { servername: serverName }),
    ...(papers === undefined ? {} : { cert: papers.certificates, key: papers.key }),
    ...(session === undefined ? {} : { session }),
    ...(signatures === undefined ? {} : { sigalgs: signatures }),
    ...(version === undefined ? {} : { minVersion: version, maxVersion: version }),
  });
  await once(secure, "secureConnect");
  return secure;
}

/** Sends text as it is and reads one HTTP/1 answer. */
export async function sendText(peer: Peer, text: string | Buffer): Promise<WireAnswer> {
  const socket = await connect(peer);
  try {
    socket.write(text);
    let received = "";
    for await (const chunk of socket.setEncoding("latin1")) {
      received += String(chunk);
      const answer = parseAnswer(received);
      if (answer !== undefined) return answer;
    }
    throw new Error(`no answer, but ${JSON.stringify(received)}`);
  } finally {
    socket.destroy();
  }
}

/** Undefined while more is to come. Without a length the body ends with the connection, and our gate does not do that. */
function parseAnswer(text: string): WireAnswer | undefined {
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const [first = "", ...lines] = text.slice(0, end).split("\r\n");
  const headers = Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
    }),
  );
  const raw = text.slice(end + 4);
  const body =
    headers["transfer-encoding"] === "chunked"
      ? unchunk(raw)
      : wholeBody(raw, Number(headers["content-length"] ?? 0));
  return body === undefined ? undefined : { status: Number(first.split(" ")[1]), headers, body };
}

function wholeBody(raw: string, length: number): string | undefined {
  return raw.length < length ? undefined : raw.slice(0, length);
}

function unchunk(raw: string): string | undefined {
  let body = "";
  let rest = raw;
  for (;;) {
    const line = rest.indexOf("\r\n");
    if (line < 0) return undefined;
    const size = Number.parseInt(rest.slice(0, line), 16);
    if (size === 0) return body;
    if (rest.length < line + 2 + size + 2) return undefined;
    body += rest.slice(line + 2, line + 2 + size);
    rest = rest.slice(line + 2 + size + 2);
  }
}

/** One HTTP/1.1 request with these header lines, as they are. */
export function http1Text(path: string, lines: readonly string[], body = ""): string {
  const method = body === "" ? "GET" : "POST";
  const length = body === "" ? [] : [`Content-Length: ${Buffer.byteLength(body)}`];
  const head = [`${method} ${path} HTTP/1.1`, ...lines, "Connection: close", ...length];
  return `${head.join("\r\n")}\r\n\r\n${body}`;
}

/** An HTTP/2 connection on which any authority can be asked for; close it with `await using`. */
export class Http2Connection implements AsyncDisposable {
  readonly #session: http2.ClientHttp2Session;

  private constructor(session: http2.ClientHttp2Session) {
    this.#session = session;
  }

  static async open(peer: Peer): Promise<Http2Connection> {
    const socket = await connect(
      peer.tls === undefined ? peer : { ...peer, tls: { ...peer.tls, protocols: ["h2"] } },
    );
    const session = http2.connect("http://wire", { createConnection: () => socket });
    return new Http2Connection(session);
  }

  async request(
    authority: string,
    path: string,
    options: { readonly headers?: Record<string, string>; readonly body?: string } = {},
  ): Promise<WireAnswer> {
    const method = options.body === undefined ? "GET" : "POST";
    const stream = this.#session.request({
      ":method": method,
      ":path": path,
      ":authority": authority,
      ...options.headers,
    });
    stream.end(options.body);
    const [head] = (await once(stream, "response")) as [http2.IncomingHttpHeaders];
    let body = "";
    for await (const chunk of stream.setEncoding("utf8")) body += String(chunk);
    const headers = Object.entries(head).map(([name, value]) => [name, String(value)] as const);
    return { status: Number(head[":status"]), headers: Object.fromEntries(headers), body };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#session, "close");
    this.#session.destroy();
    await closed;
  }
}
