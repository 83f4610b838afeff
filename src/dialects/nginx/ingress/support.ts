/** Every field of Ingress and of the controller's ConfigMap, and what becomes of it in this dialect. */

import { configMapKind } from "#kinds/config-map.ts";
import { classAnnotation, ingressKind } from "#kinds/ingress.ts";
import { annotationField, honoured, refused, type SupportRow } from "../../common/support.ts";
import { type ConfigMapKey, configMapKeys } from "../config-map-keys.ts";

const kind = ingressKind.id;
const backends = ["spec.defaultBackend", "spec.rules[].http.paths[].backend"];

export const ingressSupport: readonly SupportRow[] = [
  ...honoured(kind, "spec.ingressClassName", "spec.rules[].host", annotationField(classAnnotation)),
  ...honoured(kind, "spec.tls[].hosts", "spec.tls[].secretName"),
  ...honoured(kind, "spec.rules[].http.paths[].path", "spec.rules[].http.paths[].pathType"),
  ...backends.flatMap((backend) => [
    ...honoured(
      kind,
      `${backend}.service.name`,
      `${backend}.service.port.name`,
      `${backend}.service.port.number`,
    ),
    ...refused(kind, { why: "resource backends are not supported" }, `${backend}.resource`),
  ]),
];

export const configMapSupport: readonly SupportRow[] = [
  ...honoured(configMapKind.id, "data"),
  ...refused(configMapKind.id, { why: "the controller reads texts" }, "binaryData"),
  ...refused(configMapKind.id, { why: "what is changed is taken all the same" }, "immutable"),
  ...Object.entries(configMapKeys).map(([key, row]) => rowOf(key, row)),
];

function rowOf(key: string, row: ConfigMapKey): SupportRow {
  const at = { kind: configMapKind.id, field: `data[${key}]` };
  switch (row.support) {
    case "honoured":
      return { ...at, support: "honoured" };
    case "approximated":
      return { ...at, support: "approximated", how: row.how };
    case "refused":
      return { ...at, support: "refused", why: row.why };
  }
}
