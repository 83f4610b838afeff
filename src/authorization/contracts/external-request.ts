/**
 * Another service decides, asked as nginx asks (ngx_http_auth_request_module): GET without a body and with the client's
 * headers. 2xx lets the request pass, 401 and 403 turn it away, anything else is a failure of the service.
 */

import {
  fields,
  integer,
  list,
  oneOf,
  optional,
  type Parsed,
  required,
  text,
} from "#base/schema.ts";
import type { HttpAnswer, HttpClient } from "#runtime/http/http-client.ts";
import { HttpClientError } from "#runtime/http/http-client.ts";
import { type Check, deny, type Header, type Verdict } from "../check.ts";
import { type Contract, type ContractDeps, contractOf } from "./contract-kind.ts";
import { clientOf, serviceFields } from "./service-address.ts";

const policy = fields({
  kind: required(oneOf("external-request")),
  ...serviceFields,
  /** Headers of its answer that go on to the backend; what it does not say is taken from the client's request. */
  upstreamHeaders: required(list(text)),
  /** Where a browser is sent on 401, with the address that it wanted behind `rd=`. */
  signIn: optional(text),
  timeoutMs: required(integer(1)),
  /** What answers when the service fails, or there is none. */
  status: required(integer(400, 599)),
});

export type ExternalRequestPolicy = Parsed<typeof policy>;

/** Requests that wait for one service; a service that hangs must not fill our memory. */
const mostWaiting = 1000;
/** An answer that is read to its end leaves the connection usable; one that is longer is not worth that. */
const mostBodyBytes = 64 * 1024;

export const externalRequest: Contract = contractOf<ExternalRequestPolicy>(
  "external-request",
  policy,
  (opened, deps) => {
    const service = new Service(opened, deps);
    return {
      judge: (check, signal) => service.judge(check, signal),
      close: () => service.close(),
    };
  },
);

class Service {
  readonly #policy: ExternalRequestPolicy;
  readonly #deps: ContractDeps;
  readonly #clients: readonly HttpClient[];
  #turn = 0;
  #waiting = 0;

  constructor(opened: ExternalRequestPolicy, deps: ContractDeps) {
    this.#policy = opened;
    this.#deps = deps;
    this.#clients = opened.addresses.map((address) => clientOf(opened, deps.clients, address));
  }

  async judge(check: Check, signal: AbortSignal): Promise<Verdict> {
    if (this.#waiting >= mostWaiting) return deny(this.#policy.status);
    this.#waiting += 1;
    const late = new AbortController();
    const cancel = this.#deps.clock.after(
      Temporal.Duration.from({ milliseconds: this.#policy.timeoutMs }),
      () => late.abort(),
    );
    try {
      const answer = await this.#ask(check, AbortSignal.any([signal, late.signal]));
      return this.#verdictOf(check, answer);
    } catch (cause) {
      // Refused, cut off or late: all the same to the client.
      if (!(cause instanceof HttpClientError)) throw cause;
      return deny(this.#policy.status);
    } finally {
      cancel();
      this.#waiting -= 1;
    }
  }

  close(): void {
    for (const client of this.#clients) client.close();
  }

  /** The next address; where nobody listens the one after it, once. */
  async #ask(check: Check, signal: AbortSignal): Promise<HttpAnswer> {
    const [first, second] = [this.#turn, this.#turn + 1].map((turn) => this.#clientAt(turn));
    this.#turn += 1;
    if (first === undefined || second === undefined)
      throw new HttpClientError("refused", "the service has no endpoints");
    const { path, host } = this.#policy;
    const request = { method: "GET", path, headers: headersFor(check, host) } as const;
    try {
      return await answered(first.request(request, signal), signal);
    } catch (cause) {
      // A connection that was kept may have been closed by the other side meanwhile.
      const isWorthAnother = cause instanceof HttpClientError && isUnheard(cause);
      if (!isWorthAnother) throw cause;
      return await answered(second.request(request, signal), signal);
    }
  }

  #clientAt(turn: number): HttpClient | undefined {
    return this.#clients[turn % this.#clients.length];
  }

  #verdictOf(check: Check, { status, headers }: HttpAnswer): Verdict {
    if (status >= 200 && status < 300) return this.#allowed(headers);
    if (status === 403) return deny(403);
    if (status !== 401) return deny(this.#policy.status);
    const { signIn } = this.#policy;
    if (signIn !== undefined) return deny(302, { name: "location", value: wanted(signIn, check) });
    const challenge = headers["www-authenticate"];
    return deny(
      401,
      ...(challenge === undefined ? [] : [{ name: "www-authenticate", value: challenge }]),
    );
  }

  /** A header that the service did not send is taken away: the client might have written it. */
  #allowed(headers: HttpAnswer["headers"]): Verdict {
    const set: Header[] = [];
    const remove: string[] = [];
    for (const given of this.#policy.upstreamHeaders) {
      const name = given.toLowerCase();
      const value = headers[name];
      if (value === undefined || value === "") remove.push(name);
      else set.push({ name, value });
    }
    return { kind: "allow", set, remove, answer: [] };
  }
}

/** Nobody has heard the question. */
function isUnheard({ code }: HttpClientError): boolean {
  return code === "refused" || code === "reset";
}

/** The answer with its body out of the way. */
async function answered(asked: Promise<HttpAnswer>, signal: AbortSignal): Promise<HttpAnswer> {
  const answer = await asked;
  let bytes = 0;
  for await (const chunk of answer.body) {
    bytes += chunk.length;
    if (bytes > mostBodyBytes || signal.aborted) break;
  }
  return answer;
}

/** Of one connection, or of a body that is not sent on. */
const ownHeaders: ReadonlySet<string> = new Set([
  "connection",
  "content-length",
  "expect",
  "host",
  "http2-settings",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** The client's headers, and what it asked for. */
function headersFor(check: Check, host: string): Readonly<Record<string, string>> {
  const { method, scheme, path, headers } = check;
  const asked = {
    "x-original-method": method,
    "x-original-uri": path,
    "x-original-url": `${scheme}://${check.host}${path}`,
  };
  const sent = [...headers, ...Object.entries(asked)].flatMap(([name, value]) =>
    isToken(name) && !ownHeaders.has(name) && isFieldValue(value)
      ? // Each byte as one letter, as Node writes headers: so bytes above ASCII arrive as they came.
        [[name, Buffer.from(value).toString("latin1")] as const]
      : [],
  );
  return { ...Object.fromEntries(sent), host };
}

/** A name that a header may have (RFC 9110 §5.6.2); pseudo-headers have none. */
function isToken(name: string): boolean {
  return /^[!#$%&'*+.^_`|~\w-]+$/.test(name);
}

/** Without control characters, which no header may carry (RFC 9110 §5.5). */
function isFieldValue(value: string): boolean {
  return !/[\p{Cc}]/u.test(value.replaceAll("\t", " "));
}

function wanted(signIn: string, { scheme, host, path }: Check): string {
  const separator = signIn.includes("?") ? "&" : "?";
  return `${signIn}${separator}rd=${encodeURIComponent(`${scheme}://${host}${path}`)}`;
}
