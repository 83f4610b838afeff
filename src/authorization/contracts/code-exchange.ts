/** A code that a user brought from the provider → tokens, and who the user is by them (OpenID Connect Core 1.0 §3.1.3). */

import { isJsonObject, type Json } from "#base/json.ts";
import type { VerifyingKey } from "#crypto/jose/key-set.ts";
import { isSigned, isTimely, parseToken } from "#crypto/jose/token.ts";
import { type HttpClient, HttpClientError } from "#runtime/http/http-client.ts";
import type { ContractDeps } from "./contract-kind.ts";
import { textOf } from "./fetched-keys.ts";
import { clientOf } from "./service-address.ts";

export interface Tokens {
  readonly id: string;
  readonly access: string;
}

export interface User {
  readonly sub: string;
  /** Until then, in seconds since 1970. */
  readonly until: number;
}

export interface BroughtCode {
  readonly code: string;
  readonly verifier: string;
  readonly redirect: string;
}

/** Envoy waits for twice as long, and the keys may have to be fetched, too. */
const timeout = Temporal.Duration.from({ seconds: 4 });

/** The provider, and who we are to it. */
export interface TokenProvider {
  readonly token: {
    readonly addresses: readonly string[];
    readonly path: string;
  } & Parameters<typeof clientOf>[0];
  readonly clientId: string;
  readonly clientSecret: string;
  readonly pkce: boolean;
}

export class CodeExchange {
  readonly #provider: TokenProvider;
  readonly #deps: ContractDeps;
  readonly #clients: readonly HttpClient[];
  #turn = 0;

  constructor(provider: TokenProvider, deps: ContractDeps) {
    this.#provider = provider;
    this.#deps = deps;
    const { token } = provider;
    this.#clients = token.addresses.map((address) => clientOf(token, deps.clients, address));
  }

  close(): void {
    for (const client of this.#clients) client.close();
  }

  /** Undefined: the provider gives none. */
  async exchange(brought: BroughtCode): Promise<Tokens | undefined> {
    const client = this.#clients[this.#turn % this.#clients.length];
    this.#turn += 1;
    if (client === undefined) return undefined;
    const late = new AbortController();
    const cancel = this.#deps.clock.after(timeout, () => late.abort());
    const { host, path } = this.#provider.token;
    const headers = { host, "content-type": "application/x-www-form-urlencoded" };
    const body = this.#formOf(brought);
    try {
      const answer = await client.request({ method: "POST", path, headers, body }, late.signal);
      const said = await textOf(answer);
      return said === undefined ? undefined : tokensIn(said);
    } catch (cause) {
      // Refused, cut off or late: all the same to who waits.
      if (!(cause instanceof HttpClientError)) throw cause;
      return undefined;
    } finally {
      cancel();
    }
  }

  /** Undefined: the token is not about somebody who signed in here, now. */
  userIn(
    { id }: Tokens,
    {
      keys,
      nonce,
      seconds,
    }: {
      readonly keys: readonly VerifyingKey[];
      readonly nonce: string;
      readonly seconds: number;
    },
  ): User | undefined {
    const token = parseToken(id);
    if (token === undefined || !isSigned(token, keys) || !isTimely(token, seconds))
      return undefined;
    const { sub, aud, azp, nonce: answered } = token.claims;
    const { expires } = token;
    const { clientId } = this.#provider;
    const audience = Array.isArray(aud) ? (aud as readonly Json[]) : [aud];
    const isForUs = audience.includes(clientId) && (audience.length === 1 || azp === clientId);
    if (!isForUs || answered !== nonce || expires === undefined) return undefined;
    return typeof sub === "string" && /^[\x20-\x7e]+$/.test(sub)
      ? { sub, until: expires }
      : undefined;
  }

  #formOf({ code, verifier, redirect }: BroughtCode): string {
    const { clientId, clientSecret, pkce } = this.#provider;
    return new URLSearchParams({
      ...{ grant_type: "authorization_code", code, redirect_uri: redirect, client_id: clientId },
      ...(clientSecret === "" ? {} : { client_secret: clientSecret }),
      ...(pkce ? { code_verifier: verifier } : {}),
    }).toString();
  }
}

function tokensIn(said: string): Tokens | undefined {
  try {
    const answer = JSON.parse(said) as Json;
    if (!isJsonObject(answer)) return undefined;
    const { id_token: id, access_token: access } = answer;
    return typeof id === "string"
      ? { id, access: typeof access === "string" ? access : "" }
      : undefined;
  } catch {
    // It is no JSON: nothing that could be used.
    return undefined;
  }
}
