/** A protection with the secrets and endpoints behind it → the policy that the authorization adapter gets. */

import { parseHtpasswd } from "#authorization/htpasswd.ts";
import { formatPolicy, type Policy } from "#authorization/policy.ts";
import type { Finding } from "#base/finding.ts";
import { unreachable } from "#base/unreachable.ts";
import type {
  ApiKeyProtection,
  BasicProtection,
  ExternalProtection,
  OidcProtection,
  Protection,
} from "#model/protection.ts";
import { protectionName } from "#model/protection.ts";
import { resourceOf } from "../encode.ts";
import type { Resource } from "../resource.ts";
import {
  addressesOf,
  entryText,
  type Judged,
  type PolicyInputs,
  serverOf,
  textOf,
  tlsOf,
  unusable,
} from "./policy-parts.ts";
import { jwtPolicy, ratePolicy } from "./token-policies.ts";

export interface BuiltPolicy {
  /** Its bytes hold secrets: `decode.ts` shows none of them. */
  readonly resource: Resource;
  readonly findings: readonly Finding[];
}

export function buildPolicy(protection: Protection, inputs: PolicyInputs): BuiltPolicy {
  const { policy, findings } = policyOf(protection, inputs);
  const named = { type: "policy", name: protectionName(protection) } as const;
  return { resource: resourceOf(named, formatPolicy(policy)), findings };
}

function policyOf(protection: Protection, inputs: PolicyInputs): Judged {
  switch (protection.kind) {
    case "rate":
      return ratePolicy(protection, inputs);
    case "basic":
      return basicPolicy(protection, inputs);
    case "api-key":
      return apiKeyPolicy(protection, inputs);
    case "external-request":
      return externalPolicy(protection, inputs);
    case "jwt":
      return jwtPolicy(protection, inputs);
    case "oidc":
      return oidcPolicy(protection, inputs);
    default:
      return unreachable(protection);
  }
}

function basicPolicy(protection: BasicProtection, inputs: PolicyInputs): Judged {
  const { realm, failureStatus: status } = protection;
  const passwords = entryText(protection.passwords, inputs);
  if (passwords === undefined) return unusable(protection, protection.passwords);
  const findings = parseHtpasswd(passwords).unused.map(
    ({ line, user, why }): Finding => ({
      severity: "warning",
      reason: "PasswordNotUsable",
      origin: protection.origin,
      message: `line ${line} of the password file in ${textOf(protection.passwords)}, of user ${user}, lets nobody in: ${why}`,
      advice: "write the line anew with htpasswd -B",
    }),
  );
  return { policy: { kind: "basic", realm, passwords, status }, findings };
}

function apiKeyPolicy(protection: ApiKeyProtection, inputs: PolicyInputs): Judged {
  const { places, failureStatus: status } = protection;
  const keys = inputs.secretEntries(protection.keys);
  if (keys === undefined) return unusable(protection, protection.keys);
  return { policy: { kind: "api-key", places, keys, status }, findings: [] };
}

function externalPolicy(protection: ExternalProtection, inputs: PolicyInputs): Judged {
  const { host, path, upstreamHeaders, signIn, timeoutMs, failureStatus: status } = protection;
  const { endpoints, findings } = inputs.endpoints(protection.backend);
  const tls = tlsOf(protection.tls, inputs);
  if (!tls.ok) return unusable(protection, tls.error);
  const policy: Policy = {
    kind: "external-request",
    addresses: addressesOf(endpoints),
    ...tls.value,
    ...{ host, path, upstreamHeaders, timeoutMs, status },
    ...(signIn === undefined ? {} : { signIn }),
  };
  return { policy, findings };
}

function oidcPolicy(protection: OidcProtection, inputs: PolicyInputs): Judged {
  const { kind, origin, failureStatus: status, token, keys, clientSecret, ...asked } = protection;
  const secret = clientSecret === undefined ? "" : entryText(clientSecret, inputs);
  if (clientSecret !== undefined && secret === undefined) return unusable(protection, clientSecret);
  const [exchange, published] = [serverOf(token, inputs), serverOf(keys, inputs)];
  if (!exchange.ok) return unusable(protection, exchange.error);
  if (!published.ok) return unusable(protection, published.error);
  const policy: Policy = {
    ...{ kind, status, ...asked },
    clientSecret: (secret ?? "").trim(),
    token: exchange.value.place,
    keys: { ...published.value.place, keepMs: keys.keepMs },
  };
  return { policy, findings: [...exchange.value.findings, ...published.value.findings] };
}
