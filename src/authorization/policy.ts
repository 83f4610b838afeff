/**
 * What the adapter is told of a policy: everything that is needed to judge by it, secrets with it. It crosses as JSON from
 * the control plane to the adapter and is written nowhere.
 */

import type { Json } from "#base/json.ts";
import type { ApiKeyPolicy } from "./contracts/api-key.ts";
import type { BasicPolicy } from "./contracts/basic.ts";
import type { ExternalRequestPolicy } from "./contracts/external-request.ts";
import type { JwtPolicy } from "./contracts/jwt.ts";
import type { OidcPolicy } from "./contracts/oidc.ts";
import type { RatePolicy } from "./contracts/rate.ts";

/** The type of policies among what is served over xDS. */
export const policyTypeUrl = "type.googleapis.com/sekisho.authorization.Policy";

/** The entry of a route's `context_extensions` that names its policies, with commas between them. */
export const policiesExtension = "sekisho.policies";

/**
 * The request header that names the client where it is not the peer of the connection. What a client sends under our prefix
 * is removed before this is set.
 */
export const clientAddressHeader = "x-sekisho-client";

export type Policy =
  | BasicPolicy
  | ApiKeyPolicy
  | ExternalRequestPolicy
  | JwtPolicy
  | OidcPolicy
  | RatePolicy
  /** What it needs is not there: nobody passes. */
  | { readonly kind: "unusable"; readonly status: number };

/** As it goes over the wire. */
export function formatPolicy(policy: Policy): Uint8Array {
  return Buffer.from(JSON.stringify(policy satisfies Json));
}
