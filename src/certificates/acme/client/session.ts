/**
 * Talking to one ACME server: its directory, nonces, signed requests (RFC 8555 §6), and what its clock says.
 *
 *   a nonce is refused   → the same request with the nonce of that answer
 *   429                  → AcmeError `rate-limited`, with how long to wait
 *   5xx                  → AcmeError `unreachable`
 *   another 4xx          → AcmeError `refused`, with the problem
 */

import type { JsonObject } from "#base/json.ts";
import { publicJwk, signJws } from "#crypto/jose/jose.ts";
import type { SigningKey } from "#crypto/keys/signing-key.ts";
import type { Clock } from "#runtime/clock.ts";
import { AcmeError } from "./acme-error.ts";
import { type Directory, parseDirectory } from "./directory.ts";
import { NoncePool } from "./nonce-pool.ts";
import { formatProblem, type Problem, problemOfAnswer } from "./problem.ts";
import { parseHttpDate, parseRetryAfter } from "./retry-after.ts";
import type { AcmeAnswer, AcmeTarget, AcmeTransport } from "./transport.ts";

/** Who signs: a key, and the URL of its account once there is one. */
export interface Signer {
  readonly key: SigningKey;
  readonly account?: string;
}

/** A server that refuses half of all good nonces is not met in so many tries once in a million requests. */
const maxNonceTries = 20;

const directoryLife = Temporal.Duration.from({ hours: 1 });

/** Clocks are set at any time: what was seen of one counts for so long. */
const leadLifeMs = 60_000;

/** Nobody is asked again because of so little. */
const harmlessLead = Temporal.Duration.from({ seconds: 30 });

export interface AcmeSessionDeps {
  readonly clock: Clock;
  readonly transport: AcmeTransport;
  /** What we call ourselves (RFC 8555 §6.1). */
  readonly userAgent: string;
}

interface Sighting {
  /** What the server's clock said. */
  readonly date: Temporal.Instant;
  readonly atMs: number;
}

/** A session with the server whose directory is at a URL; nothing is asked before it is needed. */
export class AcmeSession {
  readonly #deps: AcmeSessionDeps;
  readonly #url: string;
  readonly #nonces = new NoncePool();
  #known: { readonly directory: Directory; readonly until: Temporal.Instant } | undefined;
  #sighting: Sighting | undefined;

  constructor(deps: AcmeSessionDeps, directoryUrl: string) {
    this.#deps = deps;
    this.#url = directoryUrl;
  }

  /** Where the server has what; asked for once an hour. */
  async directory(signal: AbortSignal): Promise<Directory> {
    const { clock } = this.#deps;
    if (this.#known !== undefined && Temporal.Instant.compare(clock.now(), this.#known.until) < 0)
      return this.#known.directory;
    const target = { action: "get_directory", url: this.#url } as const;
    const { body } = await this.get(target, signal);
    const parsed = parseDirectory(body, this.#url);
    if (!parsed.ok) throw new AcmeError("unreadable", parsed.error);
    this.#known = { directory: parsed.value, until: clock.now().add(directoryLife) };
    return parsed.value;
  }

  /** What needs no account. */
  async get(target: AcmeTarget, signal: AbortSignal): Promise<AcmeAnswer> {
    return this.#expectGood(await this.#ask(target, undefined, signal));
  }

  /** `payload` undefined: a POST-as-GET (RFC 8555 §6.3). */
  async post(
    target: AcmeTarget,
    payload: JsonObject | undefined,
    { key, account }: Signer,
    signal: AbortSignal,
  ): Promise<AcmeAnswer> {
    const who = account === undefined ? { jwk: publicJwk(key) } : { kid: account };
    const text = payload === undefined ? "" : JSON.stringify(payload);
    const { url } = target;
    for (let tries = 1; ; tries++) {
      const jws = signJws({ ...who, nonce: await this.#nonce(signal), url }, text, key);
      const answer = await this.#ask(target, JSON.stringify(jws), signal);
      const isBadNonce =
        answer.status === 400 && problemOfAnswer(400, answer.body).type === "badNonce";
      if (!isBadNonce || tries === maxNonceTries) return this.#expectGood(answer);
    }
  }

  /**
   * How far our clock is ahead of the server's; undefined: it does not say. Of a lead that was seen before the server is
   * asked anew, so that a clock that was set right counts at once.
   */
  async clockLead(signal: AbortSignal): Promise<Temporal.Duration | undefined> {
    const sighting = this.#sighting;
    const isFresh =
      sighting !== undefined && this.#deps.clock.monotonicMs() - sighting.atMs < leadLifeMs;
    const isHarmless =
      sighting !== undefined &&
      Temporal.Duration.compare(this.#leadSince(sighting).abs(), harmlessLead) <= 0;
    if (!isFresh || !isHarmless) await this.#fetchNonce(signal);
    return this.#sighting === undefined ? undefined : this.#leadSince(this.#sighting);
  }

  /** A clock that was set since counts at once: by the monotonic one, which nobody sets, both go on. */
  #leadSince({ date, atMs }: Sighting): Temporal.Duration {
    const { clock } = this.#deps;
    const milliseconds = Math.round(clock.monotonicMs() - atMs);
    return clock.now().since(date.add({ milliseconds }));
  }

  /** The wait that an answer asks for. */
  retryAfter({ headers }: AcmeAnswer): Temporal.Duration | undefined {
    return parseRetryAfter(headers["retry-after"], this.#deps.clock.now());
  }

  async #nonce(signal: AbortSignal): Promise<string> {
    const kept = this.#nonces.take();
    if (kept !== undefined) return kept;
    await this.#fetchNonce(signal);
    const fresh = this.#nonces.take();
    if (fresh === undefined) throw new AcmeError("unreadable", "the server gives no nonce");
    return fresh;
  }

  async #fetchNonce(signal: AbortSignal): Promise<void> {
    const { newNonce } = await this.directory(signal);
    await this.get({ action: "get_nonce", url: newNonce }, signal);
  }

  async #ask(
    target: AcmeTarget,
    body: string | undefined,
    signal: AbortSignal,
  ): Promise<AcmeAnswer> {
    const { clock, transport, userAgent } = this.#deps;
    const headers = { "user-agent": userAgent, "accept-language": "en" };
    const typed = { ...headers, "content-type": "application/jose+json" };
    const answer = await transport(
      body === undefined
        ? { method: "GET", ...target, headers }
        : { method: "POST", ...target, headers: typed, body },
      signal,
    );
    this.#nonces.add(answer.headers["replay-nonce"]);
    const date = parseHttpDate(answer.headers["date"] ?? "");
    if (date !== undefined) this.#sighting = { date, atMs: clock.monotonicMs() };
    return answer;
  }

  #expectGood(answer: AcmeAnswer): AcmeAnswer {
    if (answer.status >= 200 && answer.status < 300) return answer;
    throw failureOf(answer, this.retryAfter(answer));
  }
}

function failureOf(answer: AcmeAnswer, retryAfter: Temporal.Duration | undefined): AcmeError {
  const problem = problemOfAnswer(answer.status, answer.body);
  return new AcmeError(codeOf(problem), formatProblem(problem), { problem, retryAfter });
}

function codeOf({ status, type }: Problem): AcmeError["code"] {
  if (status === 429 || type === "rateLimited") return "rate-limited";
  // A nonce that is refused so often, a server that is in trouble, and one that wants less of us all pass.
  if (status >= 500 || status === 408 || type === "badNonce" || type === "serverInternal")
    return "unreachable";
  return status >= 400 ? "refused" : "unreadable";
}
