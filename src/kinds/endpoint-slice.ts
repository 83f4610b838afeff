/** EndpointSlice, discovery.k8s.io/v1: who answers for a Service. */

import {
  anything,
  boolean,
  fields,
  integer,
  list,
  mapOf,
  oneOf,
  optional,
  type Parsed,
  required,
  text,
} from "#base/schema.ts";
import type { Kind } from "./kind.ts";

const endpoint = fields({
  addresses: required(list(text)),
  conditions: optional(
    fields({
      ready: optional(boolean),
      serving: optional(boolean),
      terminating: optional(boolean),
    }),
  ),
  hostname: optional(text),
  nodeName: optional(text),
  zone: optional(text),
  targetRef: optional(
    fields({
      apiVersion: optional(text),
      fieldPath: optional(text),
      kind: optional(text),
      name: optional(text),
      namespace: optional(text),
      resourceVersion: optional(text),
      uid: optional(text),
    }),
  ),
  deprecatedTopology: optional(mapOf(text)),
  hints: optional(anything),
});

const port = fields({
  name: optional(text),
  port: optional(integer(1, 65535)),
  protocol: optional(text),
  appProtocol: optional(text),
});

const body = fields({
  addressType: required(oneOf("IPv4", "IPv6", "FQDN")),
  endpoints: optional(list(endpoint)),
  ports: optional(list(port)),
});

export type EndpointSlice = Parsed<typeof body>;

/** The label that names the Service a slice belongs to. */
export const serviceNameLabel = "kubernetes.io/service-name";

export const endpointSliceKind: Kind<EndpointSlice> = {
  id: "EndpointSlice.discovery.k8s.io",
  group: "discovery.k8s.io",
  version: "v1",
  kind: "EndpointSlice",
  plural: "endpointslices",
  shortNames: [],
  namespaced: true,
  legacy: {
    "discovery.k8s.io/v1beta1": (raw) => ({ ...raw, apiVersion: "discovery.k8s.io/v1" }),
  },
  parse: body,
  withoutEffect: [],
  columns: [
    { title: "ADDRESSTYPE", value: (known) => known.value?.addressType ?? "" },
    {
      title: "PORTS",
      value: (known) => shorten((known.value?.ports ?? []).map((entry) => `${entry.port ?? "*"}`)),
    },
    {
      title: "ENDPOINTS",
      value: (known) => shorten((known.value?.endpoints ?? []).flatMap((entry) => entry.addresses)),
    },
  ],
};

function shorten(items: readonly string[]): string {
  if (items.length === 0) return "<unset>";
  const shown = items.slice(0, 3).join(",");
  return items.length > 3 ? `${shown} + ${items.length - 3} more...` : shown;
}
