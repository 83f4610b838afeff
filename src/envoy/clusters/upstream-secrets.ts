/** The secrets that a cluster asks for: each cluster has its own, which come and go with it. */

import { type Backend, backendName, type UpstreamTls } from "#model/backend.ts";
import { type SecretRef, secretName } from "#model/fragment.ts";
import type { Resource } from "../resource.ts";
import type { SecretSource } from "../secret-source.ts";
import { buildAuthorities, buildSecret } from "../secrets/secret.ts";

export interface UpstreamSecretInputs {
  readonly secrets: Pick<SecretSource, "material">;
  /** Tracked. The entries of a Secret; undefined when it is not there. */
  readonly secretEntries: (ref: SecretRef) => Readonly<Record<string, string>> | undefined;
}

/** The certificate that a backend is shown. */
export function shownSecretName(backend: Backend): string {
  return `upstream/${backendName(backend)}/shown`;
}

/** The authorities that a backend is verified by. */
export function trustedSecretName(backend: Backend): string {
  return `upstream/${backendName(backend)}/trusted`;
}

/** What the cluster asks for. */
export function upstreamSecretNames(
  backend: Backend,
): readonly { readonly type: "secret"; readonly name: string }[] {
  const { certificate, verified } = withPapers(backend) ?? {};
  const names = [
    ...(certificate === undefined ? [] : [shownSecretName(backend)]),
    ...(verified === undefined ? [] : [trustedSecretName(backend)]),
  ];
  return names.map((name) => ({ type: "secret", name }));
}

/** Those of them that are there; without one the cluster does not begin, and its routes answer 503. */
export function buildUpstreamSecrets(
  backend: Backend,
  { secrets, secretEntries }: UpstreamSecretInputs,
): readonly Resource[] {
  const { certificate, verified } = withPapers(backend) ?? {};
  const material = certificate && secrets.material(secretName(certificate));
  const authorities = verified && secretEntries(verified.trusted)?.[verified.trusted.key];
  return [
    ...(material === undefined ? [] : [buildSecret(shownSecretName(backend), material)]),
    ...(authorities === undefined
      ? []
      : [buildAuthorities(trustedSecretName(backend), { certificates: authorities })]),
  ];
}

function withPapers({ tls }: Backend): UpstreamTls | undefined {
  return typeof tls === "string" ? undefined : tls;
}
