/** Who speaks xDS under which name: what stands in a certificate, and is looked for in it. */

import type { AlternativeName } from "#crypto/x509/alternative-name.ts";

export type XdsRole = "proxy" | "control-plane";

/** The name of the Service in front of the replicas. */
export const xdsServiceName = "sekisho-xds";

/** Ours alone: nothing outside knows the roots that sign below it. */
const trustDomain = "sekisho.internal";

/** The URI that tells what its holder may do. */
export function roleUri(namespace: string, role: XdsRole): string {
  return `spiffe://${trustDomain}/ns/${namespace}/xds/${role}`;
}

/** The name by which proxies look for the Service, and insist on in the certificate. */
export function xdsServerName(namespace: string): string {
  return `${xdsServiceName}.${namespace}.svc`;
}

/** What a certificate of this role is good for; replicas are found by every form of the Service's name. */
export function alternativeNames(namespace: string, role: XdsRole): readonly AlternativeName[] {
  const uri = { kind: "uri", uri: roleUri(namespace, role) } as const;
  if (role === "proxy") return [uri];
  const service = `${xdsServiceName}.${namespace}`;
  const names = [xdsServiceName, service, xdsServerName(namespace), `${service}.svc.cluster.local`];
  return [uri, ...names.map((name) => ({ kind: "dns", name }) as const)];
}
