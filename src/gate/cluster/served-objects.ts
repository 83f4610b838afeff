/** What of a cluster a gate reads: which kinds, and which Secrets their objects name. */

import { isJsonObject } from "#base/json.ts";
import { endpointSliceKind } from "#kinds/endpoint-slice.ts";
import { ingressKind } from "#kinds/ingress.ts";
import { ingressClassKind } from "#kinds/ingress-class.ts";
import { type Kind, read } from "#kinds/kind.ts";
import { type KubeObject, keyOf, type ObjectKey } from "#kinds/object.ts";
import { secretKind } from "#kinds/secret.ts";
import { serviceKind } from "#kinds/service.ts";

/** The kinds that dialects translate, and those that they look at meanwhile. */
export const servedKinds = [
  endpointSliceKind,
  ingressClassKind,
  ingressKind,
  secretKind,
  serviceKind,
] as const satisfies readonly Kind<unknown>[];

/** Most have none, and whole objects need not be read for that. */
function hasTls({ body: { spec } }: KubeObject): boolean {
  return isJsonObject(spec) && spec["tls"] !== undefined;
}

/** The Secrets that an object names; none where it names none that can be read. */
export function secretsOf(object: KubeObject): readonly ObjectKey[] {
  if (keyOf(object).kind !== ingressKind.id || !hasTls(object)) return [];
  const { namespace } = object.metadata;
  const names = (read(ingressKind, object).value?.spec?.tls ?? []).flatMap(
    (entry) => entry?.secretName ?? [],
  );
  return [...new Set(names)].map((name) => ({ kind: secretKind.id, namespace, name }));
}
