/** The token that a request shows, where it is looked for: read, and found good or not. */

import { BoundedMap } from "#base/bounded-map.ts";
import { fields, oneOf, optional, type Parsed, required, text } from "#base/schema.ts";
import { unreachable } from "#base/unreachable.ts";
import { type KeySet, parseKeySet } from "#crypto/jose/key-set.ts";
import { isSigned, isTimely, parseToken, type Token } from "#crypto/jose/token.ts";
import { keyedHash } from "#crypto/keyed-hash.ts";
import type { Check } from "../check.ts";
import type { ContractDeps } from "./contract-kind.ts";
import { FetchedKeys, fetchedFields } from "./fetched-keys.ts";
import { cookieIn } from "./sealed-cookie.ts";

/** The fields of a policy that say where tokens are and who signs them. */
export const tokenFields = {
  /** Where a request carries it. Default: behind `Bearer` in the Authorization header (RFC 6750 §2.1). */
  place: optional(
    fields({ in: required(oneOf("header", "cookie", "query")), name: required(text) }),
  ),
  /** The key set as JSON. */
  keys: optional(text),
  /** Where it is published. */
  fetched: optional(fetchedFields),
};

const tokenSource = fields(tokenFields);
export type TokenSource = Parsed<typeof tokenSource>;

export type TokenReading =
  /** There is none. */
  | { readonly kind: "none" }
  /** Its keys cannot be had. */
  | { readonly kind: "not-judged" }
  | { readonly kind: "bad" }
  | { readonly kind: "good"; readonly token: Token };

/** Tokens that were good are remembered, so that their signatures are not looked at for every request. */
const mostRemembered = 10_000;

interface Good {
  readonly token: Token;
  /** By which it was found good: others may find it otherwise. */
  readonly keys: KeySet;
}

export class TokenReader {
  readonly #source: TokenSource;
  readonly #deps: ContractDeps;
  readonly #given: KeySet | undefined;
  readonly #fetched: FetchedKeys | undefined;
  /** Keyed hash of a token → what is in it. */
  readonly #good = new BoundedMap<string, Good>(mostRemembered);

  constructor(source: TokenSource, deps: ContractDeps) {
    this.#source = source;
    this.#deps = deps;
    const given = parseKeySet(source.keys ?? "");
    this.#given = given.ok ? given.value : undefined;
    this.#fetched = source.fetched && new FetchedKeys(source.fetched, deps);
  }

  async read(check: Check): Promise<TokenReading> {
    const given = tokenIn(check, this.#source);
    if (given === undefined) return { kind: "none" };
    const keys = this.#fetched === undefined ? this.#given : await this.#fetched.keys();
    if (keys === undefined) return { kind: "not-judged" };
    const name = keyedHash(this.#deps.key, given);
    const known = this.#good.get(name);
    const token = known?.keys === keys ? known.token : parseToken(given);
    const seconds = this.#deps.clock.now().epochMilliseconds / 1000;
    const isGood =
      token !== undefined &&
      isTimely(token, seconds) &&
      (token === known?.token || isSigned(token, keys.keys));
    if (!isGood) return { kind: "bad" };
    this.#good.set(name, { token, keys });
    return { kind: "good", token };
  }

  close(): void {
    this.#fetched?.close();
  }
}

/** Of two under one name the first counts; an empty one is none. */
export function tokenIn(check: Check, { place }: Pick<TokenSource, "place">): string | undefined {
  const found = place === undefined ? bearerIn(check) : valueAt(place, check);
  return found === "" ? undefined : found;
}

function bearerIn({ headers }: Check): string | undefined {
  return /^bearer +([^\s,]+)\s*$/i.exec(headers.get("authorization") ?? "")?.[1];
}

function valueAt(
  { in: where, name }: NonNullable<TokenSource["place"]>,
  { headers, path }: Check,
): string | undefined {
  switch (where) {
    case "header":
      return headers.get(name.toLowerCase());
    case "cookie":
      return cookieIn(headers.get("cookie") ?? "", name);
    case "query":
      return new URLSearchParams(path.split("?").slice(1).join("?")).get(name) ?? undefined;
    default:
      return unreachable(where);
  }
}
