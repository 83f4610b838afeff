/** Requests to addresses inside a lab as a client in Go sends them, for which the features were written. */

import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import http from "node:http";
import https from "node:https";
import { text } from "node:stream/consumers";
import type { TLSSocket } from "node:tls";
import type { Forward } from "../forward.ts";
import type { Lab } from "../lab.ts";

export interface SentRequest {
  readonly method: string;
  readonly scheme: "http" | "https";
  /** Inside: `10.245.0.1:80`. */
  readonly address: string;
  /** For the Host header, and the server name over TLS. */
  readonly host: string;
  readonly path: string;
  /** PEM of the only certificate that is trusted. */
  readonly trusted?: string | undefined;
}

export interface Answer {
  readonly status: number;
  /** `HTTP/1.1`. */
  readonly proto: string;
  /** Name in lower case → values. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
  readonly body: string;
  /** Absent without TLS. */
  readonly secured?: {
    /** What a client that checks it, and the host's name in it, finds wrong. */
    readonly objection: string | undefined;
    readonly isFor: (host: string) => boolean;
  };
}

/** Sends each request on a connection of its own. */
export class Requester implements AsyncDisposable {
  readonly #lab: Lab;
  readonly #forwards = new Map<string, Promise<Forward>>();

  constructor(lab: Lab) {
    this.#lab = lab;
  }

  async send(request: SentRequest): Promise<Answer> {
    const { port } = await this.#forwardTo(request.address);
    const { method, host, path, scheme, trusted } = request;
    const options = {
      agent: false,
      host: "127.0.0.1",
      port,
      method,
      path,
      headers: { host, "user-agent": "Go-http-client/1.1" },
    };
    const secure = { servername: host, rejectUnauthorized: false, ca: trusted };
    const asked =
      scheme === "https" ? https.request({ ...options, ...secure }) : http.request(options);
    asked.end();
    const [response] = (await once(asked, "response")) as [IncomingMessage];
    return await readAnswer(response, scheme);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const forward of this.#forwards.values()) await (await forward)[Symbol.asyncDispose]();
  }

  #forwardTo(address: string): Promise<Forward> {
    const known = this.#forwards.get(address) ?? this.#lab.forward(address);
    this.#forwards.set(address, known);
    return known;
  }
}

async function readAnswer(
  response: IncomingMessage,
  scheme: SentRequest["scheme"],
): Promise<Answer> {
  const secured = scheme === "https" ? securedBy(response.socket as TLSSocket) : undefined;
  const headers = Object.entries(response.headersDistinct);
  return {
    status: response.statusCode ?? 0,
    proto: `HTTP/${response.httpVersion}`,
    headers: new Map(headers.map(([name, values = []]) => [name, values])),
    body: await text(response),
    ...(secured === undefined ? {} : { secured }),
  };
}

/** Looked at before the body is read: a closed connection has forgotten its certificate. */
function securedBy(socket: TLSSocket): Answer["secured"] {
  const certificate = socket.getPeerX509Certificate();
  return {
    objection: socket.authorized ? undefined : String(socket.authorizationError),
    isFor: (host) => certificate?.checkHost(host) !== undefined,
  };
}
