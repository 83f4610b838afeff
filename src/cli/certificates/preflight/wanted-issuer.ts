/** Of whom a certificate for a name would come: the issuer of the Certificate that has the name, else the only one there is. */

import {
  clusterIssuerKindId,
  issuerKey,
  issuerKindId,
  readIssuer,
} from "#certificates/acme/accounts/issuers.ts";
import type { AcmeIssuer } from "#kinds/cert-manager/acme-issuer.ts";
import { certificateKind } from "#kinds/cert-manager/certificate.ts";
import { read } from "#kinds/kind.ts";
import { type KubeObject, keyOf } from "#kinds/object.ts";
import type { ObjectStore } from "#store/object-store.ts";

export interface WantedIssuer {
  readonly object: KubeObject;
  readonly config: AcmeIssuer;
  /** Of the Certificate that has the name, or the one where one would be tried. */
  readonly namespace: string;
}

/** Undefined: no Certificate has the name and names an ACME server, and there is not one such issuer alone. */
export async function findWantedIssuer(
  store: Pick<ObjectStore, "get" | "list">,
  name: string,
  home: string,
): Promise<WantedIssuer | undefined> {
  const { items } = await store.list(certificateKind.id);
  for (const object of items) {
    const spec = read(certificateKind, object).value?.spec;
    const { namespace } = object.metadata;
    const key = spec === undefined ? undefined : issuerKey(spec.issuerRef, namespace);
    if (key === undefined || spec?.dnsNames?.includes(name) !== true) continue;
    const issuer = await store.get(key);
    const wanted = issuer === undefined ? undefined : wantedOf(issuer, namespace);
    if (wanted !== undefined) return wanted;
  }
  const issuers = await Promise.all([
    store.list(clusterIssuerKindId),
    store.list(issuerKindId, home),
  ]);
  const all = issuers.flatMap((list) => list.items.flatMap((one) => wantedOf(one, home) ?? []));
  const [only, ...others] = all;
  return others.length === 0 ? only : undefined;
}

function wantedOf(object: KubeObject, namespace: string): WantedIssuer | undefined {
  const { config } = readIssuer(object);
  return config === undefined ? undefined : { object, config, namespace };
}

/** `ClusterIssuer prod` */
export function issuerText({ object }: WantedIssuer): string {
  const { kind, name } = keyOf(object);
  return `${kind === clusterIssuerKindId ? "ClusterIssuer" : "Issuer"} ${name}`;
}
