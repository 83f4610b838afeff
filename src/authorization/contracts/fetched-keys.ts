/** Keys that a service publishes (RFC 7517 §5), asked for when they are needed and kept for a while. */

import { fields, integer, type Parsed, required } from "#base/schema.ts";
import { type KeySet, parseKeySet } from "#crypto/jose/key-set.ts";
import { type HttpAnswer, type HttpClient, HttpClientError } from "#runtime/http/http-client.ts";
import type { ContractDeps } from "./contract-kind.ts";
import { clientOf, serviceFields } from "./service-address.ts";

export const fetchedFields = fields({
  ...serviceFields,
  /** How long they are kept. */
  keepMs: required(integer(1)),
});

/** Envoy waits for twice as long. */
const timeout = Temporal.Duration.from({ seconds: 5 });
/** Who could not be asked is not asked again before. */
const failureMs = 1000;
const mostBytes = 1024 * 1024;

interface Kept {
  /** Undefined: they could not be had. */
  readonly keys: KeySet | undefined;
  readonly untilMs: number;
}

export class FetchedKeys {
  readonly #source: Parsed<typeof fetchedFields>;
  readonly #deps: ContractDeps;
  readonly #clients: readonly HttpClient[];
  readonly #closing = new AbortController();
  #turn = 0;
  #kept: Kept | undefined;
  #underWay: Promise<KeySet | undefined> | undefined;

  constructor(source: Parsed<typeof fetchedFields>, deps: ContractDeps) {
    this.#source = source;
    this.#deps = deps;
    this.#clients = source.addresses.map((address) => clientOf(source, deps.clients, address));
  }

  /** Undefined: they cannot be had now. However many wait, the service is asked once. */
  async keys(): Promise<KeySet | undefined> {
    const kept = this.#kept;
    if (kept !== undefined && kept.untilMs > this.#deps.clock.monotonicMs()) return kept.keys;
    this.#underWay ??= this.#renew();
    return await this.#underWay;
  }

  close(): void {
    this.#closing.abort();
    for (const client of this.#clients) client.close();
  }

  async #renew(): Promise<KeySet | undefined> {
    try {
      const keys = await this.#fetch();
      const forMs = keys === undefined ? failureMs : this.#source.keepMs;
      this.#kept = { keys, untilMs: this.#deps.clock.monotonicMs() + forMs };
      return keys;
    } finally {
      this.#underWay = undefined;
    }
  }

  async #fetch(): Promise<KeySet | undefined> {
    const client = this.#clients[this.#turn % this.#clients.length];
    this.#turn += 1;
    if (client === undefined) return undefined;
    const late = new AbortController();
    const cancel = this.#deps.clock.after(timeout, () => late.abort());
    const signal = AbortSignal.any([this.#closing.signal, late.signal]);
    const { path, host } = this.#source;
    try {
      const headers = { host, accept: "application/json" };
      const text = await textOf(await client.request({ method: "GET", path, headers }, signal));
      const parsed = text === undefined ? undefined : parseKeySet(text);
      return parsed?.ok === true ? parsed.value : undefined;
    } catch (cause) {
      // Refused, cut off or late: all the same to who waits.
      if (!(cause instanceof HttpClientError)) throw cause;
      return undefined;
    } finally {
      cancel();
    }
  }
}

/** The body of an answer with 200, unless it is longer than anybody's. */
export async function textOf({ status, body }: HttpAnswer): Promise<string | undefined> {
  if (status !== 200) return undefined;
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > mostBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
