/** Every field of Policy, and what becomes of it. */

import { policyKind } from "#kinds/nginx/policy.ts";
import { rowsOfKind, type SupportRow } from "../common/support.ts";

/** Fields that do something else than they say: what. */
const approximations: Readonly<Record<string, string>> = {
  "spec.ingressClassName":
    "who is served and refers to a policy has it applied, whatever its class",
  "spec.egressMTLS.protocols": "TLS 1.2 or 1.3, never older versions",
  "spec.egressMTLS.ciphers": "the ciphers are Envoy's own",
  "spec.egressMTLS.sessionReuse": "sessions are taken up again where an upstream offers it",
  "spec.rateLimit.condition.variables[].name":
    "of the first variable, which must be one of those that keys may have, or the scheme; others: 500",
  "spec.rateLimit.condition.jwt.claim":
    "claims of tokens that a rule jwt beside it takes for good; without one any token is believed",
  "spec.rateLimit.condition.variables[].match":
    "requests that the matches of several policies take count for each of these",
  "spec.rateLimit.logLevel": "what is refused is in the access log, like all answers",
  "spec.rateLimit.scale": "each proxy counts for itself, by the whole rate",
  "spec.ingressMTLS.crlFileName":
    "ca.crl of the Secret stands for the file; without it requests get 500",
  "spec.oidc.zoneSyncLeeway":
    "sessions are in cookies that every replica reads, so nobody has to be waited for",
  "spec.jwt.sniEnabled": "a server name is always sent",
  "spec.jwt.sslVerifyDepth": "a chain may have any length",
  "spec.externalAuth.sslVerifyDepth": "a chain may have any length",
  "spec.oidc.sslVerifyDepth": "a chain may have any length",
  "spec.hsts.behindProxy":
    "X-Forwarded-Proto is believed from the proxies that the gate trusts, and from nobody else",
};

export const policySupport: readonly SupportRow[] = rowsOfKind(policyKind).map((row) => {
  const { kind, field } = row;
  const how = approximations[field];
  if (how !== undefined) return { kind, field, support: "approximated", how };
  // The kind itself tells of what has no effect.
  return row.support === "refused" ? { kind, field, support: "refused", why: row.why } : row;
});
