/** Rules of a Policy that say how upstreams are spoken to by TLS. */

import { err, ok, type Result } from "#base/result.ts";
import type { Policy } from "#kinds/nginx/policy.ts";
import type { Action } from "#model/action.ts";
import type { Backend, UpstreamTls } from "#model/backend.ts";
import type { SecretRef } from "#model/fragment.ts";
import type { SecretEntry } from "#model/protection.ts";
import { findEntry, type RuleContext } from "../../policy-secrets.ts";

type PolicySpec = NonNullable<Policy["spec"]>;

/** What one Policy asks for; names that it does not give follow from the upstream. */
export interface TlsWish {
  readonly certificate?: SecretRef;
  readonly trusted?: SecretEntry;
  readonly depth: number;
  readonly sendsName: boolean;
  readonly name: string;
}

/** What the rule asks for; else why it cannot be applied, as the end of a sentence about the Policy. */
export function egressMtls(
  { egressMTLS: rule = {} }: PolicySpec,
  context: RuleContext,
): Result<TlsWish, string> {
  const { tlsSecret = "", trustedCertSecret = "", verifyDepth: depth = 1 } = rule;
  const certificate = certificateOf(tlsSecret, context);
  if (!certificate.ok) return certificate;
  if (depth < 0 || depth > 100)
    return err(`is invalid: spec.egressMTLS.verifyDepth: Invalid value: ${depth}`);
  const others = { depth, sendsName: rule.serverName === true, name: rule.sslName ?? "" };
  if (rule.verifyServer !== true) return ok({ ...certificate.value, ...others });
  if (trustedCertSecret === "")
    return err("is invalid: spec.egressMTLS.trustedCertSecret: Required value with verifyServer");
  const trusted = findEntry(trustedCertSecret, { type: "nginx.org/ca", key: "ca.crt" }, context);
  return trusted.ok ? ok({ ...certificate.value, trusted: trusted.value, ...others }) : trusted;
}

function certificateOf(
  name: string,
  { origin: { namespace }, world }: RuleContext,
): Result<Pick<TlsWish, "certificate">, string> {
  if (name === "") return ok({});
  const certificate = { namespace, name };
  const found = world.certificate(certificate);
  switch (found.state) {
    case "usable":
      return ok({ certificate });
    case "missing":
      return err(`refers to Secret ${namespace}/${name}, which is missing`);
    case "broken":
      return err(`refers to Secret ${namespace}/${name}, which is broken: ${found.problem}`);
  }
}

/** The action with that TLS, where it leads to an upstream by TLS; nginx has no use for it elsewhere. */
export function withTls(action: Action, wish: TlsWish): Action {
  if (action.kind !== "forward" || action.backend.tls === undefined) return action;
  return { ...action, backend: { ...action.backend, tls: tlsFor(action.backend, wish) } };
}

function tlsFor(
  { service, namespace }: Backend,
  { certificate, trusted, depth, sendsName, name }: TlsWish,
): UpstreamTls {
  const serverName = name === "" ? `${service}.${namespace}.svc` : name;
  return {
    ...(certificate === undefined ? {} : { certificate }),
    ...(trusted === undefined ? {} : { verified: { trusted, name: serverName, depth } }),
    ...(sendsName ? { serverName } : {}),
  };
}
