/** Rules of a Policy that let in who shows a signed token. */

import { err, ok, type Result } from "#base/result.ts";
import type { Policy } from "#kinds/nginx/policy.ts";
import type { JwtProtection, PublishedKeys } from "#model/protection.ts";
import { findEntry, type RuleContext } from "../../policy-secrets.ts";
import { askedAt } from "../../policy-services.ts";
import { parseTime } from "../../quantities.ts";

type PolicySpec = NonNullable<Policy["spec"]>;
type Rule = NonNullable<PolicySpec["jwt"]>;

/** nginx asks anew for every request where nothing is said; who answers would have to bear all of them. */
const leastKeptMs = 10_000;
const failureStatus = 500;

/** Where the controller's users keep a key set. */
const keySecret = { type: "nginx.org/jwk", key: "jwk" } as const;

/** What the rule asks for; else why it cannot be applied, as the end of a sentence about the Policy. */
export function jwt(
  { jwt: rule = {} }: PolicySpec,
  context: RuleContext,
): Result<JwtProtection, string> {
  const { realm = "", token = "", secret = "", jwksURI = "" } = rule;
  if (realm === "") return err("is invalid: spec.jwt.realm: Required value");
  if ((secret === "") === (jwksURI === ""))
    return err("is invalid: spec.jwt: must specify exactly one of: `secret` or `jwksURI`");
  const place = tokenPlace(token);
  if (!place.ok) return place;
  const keys = secret === "" ? publishedKeys(rule, context) : storedKeys(rule, context);
  if (!keys.ok) return keys;
  return ok({
    ...({ kind: "jwt", realm, keys: keys.value } as const),
    ...place.value,
    ...{ failureStatus, origin: context.origin },
  });
}

const families = { http: "header", cookie: "cookie", arg: "query" } as const;

/** `$http_token`, `$cookie_auth`, `$arg_jwt`; empty: the Authorization header. */
function tokenPlace(token: string): Result<Pick<JwtProtection, "place">, string> {
  if (token === "") return ok({});
  const [, family, name = ""] = /^\$(http|cookie|arg)_([A-Za-z0-9_]+)$/.exec(token) ?? [];
  if (family !== "http" && family !== "cookie" && family !== "arg") {
    const detail = "must be $http_NAME, $cookie_NAME or $arg_NAME";
    return err(`is invalid: spec.jwt.token: Invalid value: ${JSON.stringify(token)}: ${detail}`);
  }
  const plain = family === "http" ? name.replaceAll("_", "-").toLowerCase() : name;
  return ok({ place: { in: families[family], name: plain } });
}

function storedKeys(
  { secret = "", keyCache }: Rule,
  context: RuleContext,
): Result<JwtProtection["keys"], string> {
  if (keyCache !== undefined)
    return err("is invalid: spec.jwt.keyCache: key cache must not be used when using Secret");
  return findEntry(secret, keySecret, context);
}

function publishedKeys(rule: Rule, context: RuleContext): Result<PublishedKeys, string> {
  const { jwksURI = "", keyCache, sniEnabled, sniName, sslVerify, trustedCertSecret } = rule;
  const keptMs = keyCache === undefined ? 0 : parseTime(keyCache);
  if (keptMs === undefined)
    return err(`is invalid: spec.jwt.keyCache: Invalid value: ${JSON.stringify(keyCache)}`);
  const named = sniEnabled === true && sniName !== undefined ? { sniName } : {};
  const asked = askedAt(jwksURI, { sslVerify, trustedCertSecret, ...named }, context);
  if (!asked.ok)
    return /^must/.test(asked.error) ? err(`is invalid: spec.jwt.jwksURI: ${asked.error}`) : asked;
  return ok({ ...asked.value, keepMs: Math.max(keptMs, leastKeptMs) });
}
