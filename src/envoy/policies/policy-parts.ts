/** What policies of several kinds are made of: entries of Secrets, and servers that are asked. */

import type { Policy } from "#authorization/policy.ts";
import type { Finding } from "#base/finding.ts";
import { formatOrigin } from "#base/origin.ts";
import { err, ok, type Result } from "#base/result.ts";
import type { Backend, Endpoint } from "#model/backend.ts";
import type { SecretRef } from "#model/fragment.ts";
import type { AskedServer, Protection, SecretEntry, ServiceTls } from "#model/protection.ts";

export interface PolicyInputs {
  /** Tracked. The entries of a Secret; undefined when it is not there. */
  readonly secretEntries: (ref: SecretRef) => Readonly<Record<string, string>> | undefined;
  /** Tracked. */
  readonly endpoints: (backend: Backend) => {
    readonly endpoints: readonly Endpoint[];
    readonly findings: readonly Finding[];
  };
}

/** A policy, and what is wrong with what it is made of. */
export interface Judged {
  readonly policy: Policy;
  readonly findings: readonly Finding[];
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
export function serverOf(
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

export function addressesOf(endpoints: readonly Endpoint[]): readonly string[] {
  return endpoints
    .map(({ address, port }) =>
      address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`,
    )
    .sort();
}

/** The error is what is missing of it. */
export function tlsOf(
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

/** The text of an entry; undefined when it is missing or empty. */
export function entryText(
  { key, ...ref }: SecretEntry,
  { secretEntries }: PolicyInputs,
): string | undefined {
  const text = secretEntries(ref)?.[key];
  return text === "" ? undefined : text;
}

/** Nobody passes until what is missing is there. */
export function unusable(
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

/** A Secret, or an entry of one, in words. */
export function textOf(missing: SecretRef | SecretEntry): string {
  const { namespace, name } = missing;
  const secret = `Secret ${namespace}/${name}`;
  return "key" in missing ? `key ${missing.key} of ${secret}` : secret;
}
