/** A protection with the secrets and endpoints behind it → the policy that the authorization adapter gets. */

import { parseHtpasswd } from "#authorization/htpasswd.ts";
import { formatPolicy, type Policy } from "#authorization/policy.ts";
import type { Finding } from "#base/finding.ts";
import { formatOrigin } from "#base/origin.ts";
import { unreachable } from "#base/unreachable.ts";
import type { Backend, Endpoint } from "#model/backend.ts";
import type { SecretRef } from "#model/fragment.ts";
import type {
  ApiKeyProtection,
  BasicProtection,
  ExternalProtection,
  Protection,
  SecretEntry,
} from "#model/protection.ts";
import { protectionName } from "#model/protection.ts";
import { resourceOf } from "../encode.ts";
import type { Resource } from "../resource.ts";

export interface PolicyInputs {
  /** Tracked. The entries of a Secret; undefined when it is not there. */
  readonly secretEntries: (ref: SecretRef) => Readonly<Record<string, string>> | undefined;
  /** Tracked. */
  readonly endpoints: (backend: Backend) => {
    readonly endpoints: readonly Endpoint[];
    readonly findings: readonly Finding[];
  };
}

export interface BuiltPolicy {
  /** Its bytes hold secrets: `decode.ts` shows none of them. */
  readonly resource: Resource;
  readonly findings: readonly Finding[];
}

interface Judged {
  readonly policy: Policy;
  readonly findings: readonly Finding[];
}

export function buildPolicy(protection: Protection, inputs: PolicyInputs): BuiltPolicy {
  const { policy, findings } = policyOf(protection, inputs);
  const named = { type: "policy", name: protectionName(protection) } as const;
  return { resource: resourceOf(named, formatPolicy(policy)), findings };
}

function policyOf(protection: Protection, inputs: PolicyInputs): Judged {
  switch (protection.kind) {
    case "basic":
      return basicPolicy(protection, inputs);
    case "api-key":
      return apiKeyPolicy(protection, inputs);
    case "external-request":
      return externalPolicy(protection, inputs);
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
  const trusted = protection.tls?.trusted;
  const authorities = trusted === undefined ? undefined : entryText(trusted, inputs);
  if (trusted !== undefined && authorities === undefined) return unusable(protection, trusted);
  const addresses = endpoints.map(({ address, port }) =>
    address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`,
  );
  const policy: Policy = {
    kind: "external-request",
    addresses: addresses.sort(),
    ...tlsOf(protection, authorities),
    ...{ host, path, upstreamHeaders, timeoutMs, status },
    ...(signIn === undefined ? {} : { signIn }),
  };
  return { policy, findings };
}

function tlsOf(
  { tls }: ExternalProtection,
  trusted: string | undefined,
): Pick<Extract<Policy, { kind: "external-request" }>, "tls"> {
  if (tls === undefined) return {};
  const { verify, serverName } = tls;
  return {
    tls: {
      verify,
      ...(trusted === undefined ? {} : { trusted }),
      ...(serverName === undefined ? {} : { serverName }),
    },
  };
}

function entryText(
  { key, ...ref }: SecretEntry,
  { secretEntries }: PolicyInputs,
): string | undefined {
  const text = secretEntries(ref)?.[key];
  return text === "" ? undefined : text;
}

/** Nobody passes until what is missing is there. */
function unusable({ origin, failureStatus }: Protection, missing: SecretRef | SecretEntry): Judged {
  return {
    policy: { kind: "unusable", status: failureStatus },
    findings: [
      {
        severity: "error",
        reason: "ProtectionNotUsable",
        origin,
        message: `${textOf(missing)} is missing or empty: requests to what it protects are answered with ${failureStatus} (${formatOrigin(origin)})`,
        advice: "create the Secret with that key, or name another",
      },
    ],
  };
}

function textOf(missing: SecretRef | SecretEntry): string {
  const { namespace, name } = missing;
  const secret = `Secret ${namespace}/${name}`;
  return "key" in missing ? `key ${missing.key} of ${secret}` : secret;
}
