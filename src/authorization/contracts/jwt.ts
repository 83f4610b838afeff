/**
 * A signed token (RFC 7519), as nginx asks for it (ngx_http_auth_jwt_module): one of the keys must have signed it, and it
 * must not be before or behind its time. For whom it is and by whom is not looked at.
 */

import { fields, integer, oneOf, optional, type Parsed, required, text } from "#base/schema.ts";
import { unreachable } from "#base/unreachable.ts";
import { type KeySet, parseKeySet } from "#crypto/jose/key-set.ts";
import { isSigned, isTimely, parseToken, type Token } from "#crypto/jose/token.ts";
import { keyedHash } from "#crypto/keyed-hash.ts";
import { allow, type Check, deny, type Header, type Verdict } from "../check.ts";
import { BoundedMap } from "../passwords/bounded-map.ts";
import { type Contract, type ContractDeps, contractOf } from "./contract-kind.ts";
import { FetchedKeys, fetchedFields } from "./fetched-keys.ts";
import { cookieIn } from "./sealed-cookie.ts";

const policy = fields({
  kind: required(oneOf("jwt")),
  /** Named in the challenge. */
  realm: required(text),
  /** Where a request carries it. Default: behind `Bearer` in the Authorization header (RFC 6750 §2.1). */
  place: optional(
    fields({ in: required(oneOf("header", "cookie", "query")), name: required(text) }),
  ),
  /** The key set as JSON. */
  keys: optional(text),
  /** Where it is published. */
  fetched: optional(fetchedFields),
  /** Where a browser is sent instead of 401. */
  signIn: optional(text),
  /** What answers when it cannot be judged. */
  status: required(integer(400, 599)),
});

export type JwtPolicy = Parsed<typeof policy>;

/** Tokens that were good are remembered, so that their signatures are not looked at for every request. */
const mostRemembered = 10_000;

export const jwt: Contract = contractOf<JwtPolicy>("jwt", policy, (opened, deps) => {
  const fetched = opened.fetched && new FetchedKeys(opened.fetched, deps);
  const given = parseKeySet(opened.keys ?? "");
  const keys = (): Promise<KeySet | undefined> =>
    fetched?.keys() ?? Promise.resolve(given.ok ? given.value : undefined);
  const judge = new TokenJudge(opened, deps, keys);
  return { judge: (check) => judge.judge(check), close: () => fetched?.close() };
});

interface Good {
  readonly token: Token;
  /** By which it was found good: others may find it otherwise. */
  readonly keys: KeySet;
}

class TokenJudge {
  readonly #policy: JwtPolicy;
  readonly #deps: ContractDeps;
  readonly #keys: () => Promise<KeySet | undefined>;
  /** Keyed hash of a token → what is in it. */
  readonly #good = new BoundedMap<string, Good>(mostRemembered);

  constructor(opened: JwtPolicy, deps: ContractDeps, keys: () => Promise<KeySet | undefined>) {
    this.#policy = opened;
    this.#deps = deps;
    this.#keys = keys;
  }

  async judge(check: Check): Promise<Verdict> {
    const given = tokenIn(check, this.#policy);
    if (given === undefined) return this.#refuse("");
    const keys = await this.#keys();
    if (keys === undefined) return deny(this.#policy.status);
    const name = keyedHash(this.#deps.key, given);
    const known = this.#good.get(name);
    const token = known?.keys === keys ? known.token : parseToken(given);
    const seconds = this.#deps.clock.now().epochMilliseconds / 1000;
    const isGood =
      token !== undefined &&
      isTimely(token, seconds) &&
      (token === known?.token || isSigned(token, keys.keys));
    if (!isGood) return this.#refuse(', error="invalid_token"');
    this.#good.set(name, { token, keys });
    return allow;
  }

  #refuse(error: string): Verdict {
    const { realm, signIn } = this.#policy;
    if (signIn !== undefined) return deny(302, { name: "location", value: signIn });
    return deny(401, challenge(realm, error));
  }
}

function challenge(realm: string, error: string): Header {
  const quoted = realm.replaceAll(/["\\]/g, "\\$&");
  return { name: "www-authenticate", value: `Bearer realm="${quoted}"${error}` };
}

/** Of two under one name the first counts; an empty one is none. */
function tokenIn(check: Check, { place }: JwtPolicy): string | undefined {
  const found = place === undefined ? bearerIn(check) : valueAt(place, check);
  return found === "" ? undefined : found;
}

function bearerIn({ headers }: Check): string | undefined {
  return /^bearer +([^\s,]+)\s*$/i.exec(headers.get("authorization") ?? "")?.[1];
}

function valueAt(
  { in: where, name }: NonNullable<JwtPolicy["place"]>,
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
