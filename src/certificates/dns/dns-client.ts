/** Questions to DNS servers and updates, each over the transport that it needs: {@link DnsClient}. */

import type { Result } from "#base/result.ts";
import type { Clock } from "#runtime/clock.ts";
import type { DnsServerAddress, DnsTransport } from "#runtime/network/dns-transport.ts";
import { NetworkError } from "#runtime/network/network.ts";
import type { Random } from "#runtime/random.ts";
import type { OutboundDoor } from "../outbound/outbound-door.ts";
import { type DnsAnswer, decodeAnswer, encodeQuestion, type Question, rcodes } from "./message.ts";
import type { RecordType } from "./record.ts";

/** Whom to ask. */
export type DnsServer =
  | (DnsServerAddress & { readonly kind: "address" })
  /** DNS over HTTPS (RFC 8484). */
  | { readonly kind: "https"; readonly url: string };

export interface DnsQuestion {
  readonly name: string;
  readonly type: RecordType;
  /** Default true. */
  readonly recursion?: boolean;
}

export type DnsErrorCode =
  /** No answer, or nobody listens. */
  | "unreachable"
  /** An answer that cannot be read. */
  | "unreadable"
  /** The name or the server makes no sense. */
  | "invalid"
  | "aborted";

export class DnsError extends Error {
  readonly code: DnsErrorCode;
  readonly retryable: boolean;
  constructor(code: DnsErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "DnsError";
    this.code = code;
    this.retryable = code === "unreachable" || code === "aborted";
  }
}

export interface DnsClientDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly transport: DnsTransport;
  readonly outbound: OutboundDoor;
}

/** A datagram may get lost: it is sent again after this, once. */
const patience = Temporal.Duration.from({ seconds: 3 });
const tries = 2;
const mostBytesOverHttps = 64 * 1024;
const dnsMessage = "application/dns-message";

/** Asks servers, each as it wants to be asked. */
export class DnsClient {
  readonly #deps: DnsClientDeps;

  constructor(deps: DnsClientDeps) {
    this.#deps = deps;
  }

  /** The answer of one server, whatever its code. Throws DnsError, OutboundError. */
  async ask(server: DnsServer, question: DnsQuestion, signal: AbortSignal): Promise<DnsAnswer> {
    const answer = await this.#askAs(server, { ...question, extended: true }, signal);
    // Servers of old do not know the extension (RFC 6891 §7).
    const isOld = answer.rcode === rcodes.formatError || answer.rcode === rcodes.notImplemented;
    return isOld ? await this.#askAs(server, { ...question, extended: false }, signal) : answer;
  }

  /** Sends a message of one's own, and gives what comes back. Throws DnsError. */
  async send(
    server: DnsServerAddress & { readonly over: "udp" | "tcp" },
    message: Uint8Array,
    signal: AbortSignal,
  ): Promise<Uint8Array> {
    for (let left = server.over === "udp" ? tries : 1; ; left--) {
      try {
        return await this.#sendOnce(server, message, signal);
      } catch (error) {
        const isLost = error instanceof NetworkError && error.code === "timeout" && left > 1;
        if (!isLost) throw asDnsError(error, server);
      }
    }
  }

  /** An identifier that others cannot guess. */
  newId(): number {
    const [high = 0, low = 0] = this.#deps.random.bytes(2);
    return (high << 8) | low;
  }

  async #askAs(
    server: DnsServer,
    question: DnsQuestion & Pick<Question, "extended">,
    signal: AbortSignal,
  ): Promise<DnsAnswer> {
    // Over HTTPS the identifier is always 0, so that answers can be cached (RFC 8484 §4.1).
    const id = server.kind === "https" ? 0 : this.newId();
    const message = valueOf(encodeQuestion({ recursion: true, ...question, id }));
    if (server.kind === "https") return await this.#askOverHttps(server.url, message, signal);
    const answer = decoded(await this.send({ ...server, over: "udp" }, message, signal));
    if (!answer.isTruncated) return answer;
    return decoded(await this.send({ ...server, over: "tcp" }, message, signal));
  }

  async #askOverHttps(url: string, message: Uint8Array, signal: AbortSignal): Promise<DnsAnswer> {
    const asked = new URL(url);
    asked.searchParams.set("dns", Buffer.from(message).toString("base64url"));
    const { status, body } = await this.#deps.outbound.request(
      {
        ...{ method: "GET", url: asked.href, headers: { accept: dnsMessage } },
        ...{ maxBytes: mostBytesOverHttps, timeout: patience },
      },
      signal,
    );
    if (status !== 200) throw new DnsError("unreachable", `${asked.host} answers with ${status}`);
    return decoded(body);
  }

  async #sendOnce(
    server: DnsServerAddress & { readonly over: "udp" | "tcp" },
    message: Uint8Array,
    signal: AbortSignal,
  ): Promise<Uint8Array> {
    const late = new AbortController();
    const cancel = this.#deps.clock.after(patience, () => late.abort());
    try {
      const ended = AbortSignal.any([late.signal, signal]);
      return await this.#deps.transport.ask(server, message, ended);
    } catch (error) {
      if (late.signal.aborted && !signal.aborted) throw timeout(error);
      throw error;
    } finally {
      cancel();
    }
  }
}

function timeout(cause: unknown): NetworkError {
  return new NetworkError("timeout", "no answer in time", { cause });
}

function asDnsError(cause: unknown, { address, port }: DnsServerAddress): unknown {
  if (!(cause instanceof NetworkError)) return cause;
  const code = cause.code === "aborted" ? "aborted" : "unreachable";
  const what = cause.code === "timeout" ? "does not answer" : `cannot be asked: ${cause.message}`;
  return new DnsError(code, `DNS server ${address} port ${port} ${what}`, { cause });
}

function decoded(bytes: Uint8Array): DnsAnswer {
  const answer = decodeAnswer(bytes);
  if (!answer.ok) throw new DnsError("unreadable", answer.error);
  return answer.value;
}

function valueOf(message: Result<Uint8Array, string>): Uint8Array {
  if (!message.ok) throw new DnsError("invalid", message.error);
  return message.value;
}
