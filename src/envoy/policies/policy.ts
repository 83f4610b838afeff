/** A protection with the secrets and endpoints behind it → the policy that the authorization adapter gets. */

import { parseHtpasswd } from "#authorization/htpasswd.ts";
import { formatPolicy, type Policy } from "#authorization/policy.ts";
import type { Finding } from "#base/finding.ts";
import { formatOrigin } from "#base/origin.ts";
import { err, ok, type Result } from "#base/result.ts";
import { unreachable } from "#base/unreachable.ts";
import { parseKeySet } from "#crypto/jose/key-set.ts";
import type { Backend, Endpoint } from "#model/backend.ts";
import type { SecretRef } from "#model/fragment.ts";
import type {
  ApiKeyProtection,
  AskedServer,
  BasicProtection,
  ExternalProtection,
  JwtProtection,
  OidcProtection,
  Protection,
  PublishedKeys,
  SecretEntry,
  ServiceTls,
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

function jwtPolicy(protection: JwtProtection, inputs: PolicyInputs): Judged {
  const { realm, place, signIn, keys, failureStatus: status } = protection;
  const asked = {
    ...({ kind: "jwt", realm, status } as const),
    ...(place === undefined ? {} : { place }),
    ...(signIn === undefined ? {} : { signIn }),
  };
  if (!("key" in keys)) return publishedPolicy(protection, keys, asked, inputs);
  const text = entryText(keys, inputs);
  if (text === undefined) return unusable(protection, keys);
  const parsed = parseKeySet(text);
  if (!parsed.ok) return unusable(protection, keys, parsed.error);
  const findings = parsed.value.unused.map(
    ({ entry, why }): Finding => ({
      severity: "warning",
      reason: "KeyNotUsable",
      origin: protection.origin,
      message: `entry ${entry} of the key set in ${textOf(keys)} verifies no token: ${why}`,
      advice: "replace it, or remove it",
    }),
  );
  return { policy: { ...asked, keys: text }, findings };
}

function publishedPolicy(
  protection: JwtProtection,
  keys: PublishedKeys,
  asked: Extract<Policy, { kind: "jwt" }>,
  inputs: PolicyInputs,
): Judged {
  const server = serverOf(keys, inputs);
  if (!server.ok) return unusable(protection, server.error);
  const { place, findings } = server.value;
  return { policy: { ...asked, fetched: { ...place, keepMs: keys.keepMs } }, findings };
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

interface ServerPlace {
  readonly place: {
    readonly addresses: readonly string[];
    readonly host: string;
    readonly path: string;
  } & Pick<Extract<Policy, { kind: "external-request" }>, "tls">;
  readonly findings: readonly Finding[];
}

/** The error is what is missing of it. */
function serverOf(
  { server, host, path, tls: secured }: AskedServer,
  inputs: PolicyInputs,
): Result<ServerPlace, SecretEntry> {
  const tls = tlsOf(secured, inputs);
  if (!tls.ok) return tls;
  const more = { ...tls.value, host, path };
  if ("name" in server)
    return ok({ place: { addresses: [`${server.name}:${server.port}`], ...more }, findings: [] });
  const { endpoints, findings } = inputs.endpoints(server);
  return ok({ place: { addresses: addressesOf(endpoints), ...more }, findings });
}

function addressesOf(endpoints: readonly Endpoint[]): readonly string[] {
  return endpoints
    .map(({ address, port }) =>
      address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`,
    )
    .sort();
}

/** The error is what is missing of it. */
function tlsOf(
  tls: ServiceTls | undefined,
  inputs: PolicyInputs,
): Result<Pick<Extract<Policy, { kind: "external-request" }>, "tls">, SecretEntry> {
  if (tls === undefined) return ok({});
  const { verify, serverName, trusted } = tls;
  const authorities = trusted === undefined ? undefined : entryText(trusted, inputs);
  if (trusted !== undefined && authorities === undefined) return err(trusted);
  return ok({
    tls: {
      verify,
      ...(authorities === undefined ? {} : { trusted: authorities }),
      ...(serverName === undefined ? {} : { serverName }),
    },
  });
}

function entryText(
  { key, ...ref }: SecretEntry,
  { secretEntries }: PolicyInputs,
): string | undefined {
  const text = secretEntries(ref)?.[key];
  return text === "" ? undefined : text;
}

/** Nobody passes until what is missing is there. */
function unusable(
  { origin, failureStatus }: Protection,
  missing: SecretRef | SecretEntry,
  why = "it is missing or empty",
): Judged {
  return {
    policy: { kind: "unusable", status: failureStatus },
    findings: [
      {
        severity: "error",
        reason: "ProtectionNotUsable",
        origin,
        message: `${textOf(missing)} cannot be used (${why}): requests to what it protects are answered with ${failureStatus} (${formatOrigin(origin)})`,
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
