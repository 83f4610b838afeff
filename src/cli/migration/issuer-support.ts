/** Whether what a Certificate asks for, and how its issuer signs, is served here. */

import { chooseSolver } from "#certificates/solvers/solver-choice.ts";
import type { AcmeSolver } from "#kinds/cert-manager/acme-solver.ts";
import { awsPcaClusterIssuerKind, awsPcaIssuerKind } from "#kinds/cert-manager/aws-pca-issuer.ts";
import type { CertificateSpec } from "#kinds/cert-manager/certificate-spec.ts";
import { clusterIssuerKind, type Issuer, issuerKind } from "#kinds/cert-manager/issuer.ts";
import { withDefaults } from "#kinds/cert-manager/issuer-reference.ts";
import { read } from "#kinds/kind.ts";
import { formatKey, type KubeObject, keyOf } from "#kinds/object.ts";
import type { LeftBehind } from "./left-behind.ts";

const ownKinds = [issuerKind, clusterIssuerKind];
const servedKinds = [...ownKinds, awsPcaIssuerKind, awsPcaClusterIssuerKind];

/** Undefined where it is, where a controller of the issuer's own signs, and where the issuer was not found. */
export function whyUnserved(
  left: LeftBehind,
  certificate: KubeObject,
  spec: CertificateSpec,
): string | undefined {
  if (spec.keystores?.jks?.create === true)
    return "keystores.jks is not written: keystores.pkcs12 is, which Java reads, too";
  const { object } = issuerOf(left, certificate, spec);
  if (object === undefined || !ownKinds.some(({ id }) => id === keyOf(object).kind))
    return undefined;
  const { value, problems } = read(issuerKind, object);
  const problem = problems.find((one) => one.problem !== "unknown");
  const about = `${object.kind} ${object.metadata.name}`;
  if (value === undefined || problem !== undefined)
    return `${about}: ${problem?.path ?? "spec"} ${problem?.message ?? "cannot be read"}`;
  const why = whyCannotSign(value.spec, certificate, spec);
  return why === undefined ? undefined : `${about}: ${why}`;
}

/** `Issuer web`, when an issuer that would be served here was not found. */
export function missingIssuer(
  left: LeftBehind,
  certificate: KubeObject,
  spec: CertificateSpec,
): string | undefined {
  const { isServed, object } = issuerOf(left, certificate, spec);
  const { kind, name } = withDefaults(spec.issuerRef);
  return isServed && object === undefined ? `${kind} ${name}` : undefined;
}

function issuerOf(
  { issuers }: LeftBehind,
  { metadata }: KubeObject,
  spec: CertificateSpec,
): { readonly isServed: boolean; readonly object: KubeObject | undefined } {
  const { name, kind, group } = withDefaults(spec.issuerRef);
  const known = servedKinds.find(({ id }) => id === `${kind}.${group}`);
  if (known === undefined) return { isServed: false, object: undefined };
  const namespace = known.namespaced ? metadata.namespace : "";
  const wanted = formatKey({ kind: known.id, namespace, name });
  return { isServed: true, object: issuers.find((one) => formatKey(keyOf(one)) === wanted) };
}

function whyCannotSign(
  { vault, venafi, acme }: Issuer["spec"],
  certificate: KubeObject,
  spec: CertificateSpec,
): string | undefined {
  if (vault !== undefined || venafi !== undefined)
    return `nobody here signs by ${vault === undefined ? "venafi" : "vault"}`;
  if (acme === undefined) return undefined;
  for (const name of [...(spec.dnsNames ?? []), ...(spec.ipAddresses ?? [])]) {
    const chosen = chooseSolver(acme.solvers ?? [], {
      name,
      offered: name.startsWith("*.") ? ["dns-01"] : ["http-01", "dns-01"],
      labels: certificate.metadata.labels,
    });
    const provider = chosen === undefined ? undefined : unservedProvider(chosen.solver);
    if (chosen === undefined) return `no solver takes ${name}`;
    if (provider !== undefined) return `the DNS provider ${provider} of ${name} is not served`;
  }
  return undefined;
}

function unservedProvider({ dns01 }: AcmeSolver): string | undefined {
  const names = ["cloudDNS", "acmeDNS", "digitalocean", "akamai"] as const;
  return names.find((name) => dns01?.[name] !== undefined);
}
