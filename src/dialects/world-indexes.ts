/** Under which keys objects are filed, so that a translation finds them without looking at all of them. */

import { type Certificate, certificateKind } from "#kinds/cert-manager/certificate.ts";
import { endpointSliceKind, serviceNameLabel } from "#kinds/endpoint-slice.ts";
import { type IngressClass, ingressClassKind, isDefaultClass } from "#kinds/ingress-class.ts";
import type { Known } from "#kinds/kind.ts";
import type { KindId } from "#kinds/object.ts";

export interface WorldIndex {
  readonly name: string;
  readonly kind: KindId;
  readonly keysOf: (known: Known<unknown>) => readonly string[];
}

/** EndpointSlices by the Service they belong to (`namespace/name`). */
export const slicesByService: WorldIndex = {
  name: "slicesByService",
  kind: endpointSliceKind.id,
  keysOf: ({ object }) => {
    const service = object.metadata.labels[serviceNameLabel];
    return service === undefined ? [] : [`${object.metadata.namespace}/${service}`];
  },
};

/** IngressClasses that are marked as default, all under the key `default`. */
export const defaultClasses: WorldIndex = {
  name: "defaultClasses",
  kind: ingressClassKind.id,
  keysOf: (known) => (isDefaultClass(known as Known<IngressClass>) ? ["default"] : []),
};

/** Certificates by the Secret that they are issued into (`namespace/name`). */
export const certificatesBySecret: WorldIndex = {
  name: "certificatesBySecret",
  kind: certificateKind.id,
  keysOf: (known) => {
    const secret = (known as Known<Certificate>).value?.spec.secretName;
    return secret === undefined ? [] : [`${known.object.metadata.namespace}/${secret}`];
  },
};

/** What every dialect may read. */
export const worldIndexes = [
  slicesByService,
  defaultClasses,
  certificatesBySecret,
] as const satisfies readonly WorldIndex[];
