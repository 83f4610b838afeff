/** Ingress, networking.k8s.io/v1 (Kubernetes API reference, "Ingress v1"), and its two retired versions. */

import { isJsonObject, type Json, type JsonObject } from "#base/json.ts";
import {
  anything,
  fields,
  integer,
  list,
  oneOf,
  optional,
  type Parsed,
  positionalList,
  required,
  text,
} from "#base/schema.ts";
import type { Kind, Known } from "./kind.ts";
import { addresses } from "./load-balancer-status.ts";

const servicePort = fields({ name: optional(text), number: optional(integer(1, 65535)) });

const backend = fields({
  service: optional(fields({ name: required(text), port: optional(servicePort) })),
  resource: optional(anything),
});

const path = fields({
  path: optional(text),
  pathType: required(oneOf("Exact", "Prefix", "ImplementationSpecific")),
  backend: required(backend),
});

const rule = fields({
  host: optional(text),
  http: optional(fields({ paths: required(positionalList(path)) })),
});

const spec = fields({
  ingressClassName: optional(text),
  defaultBackend: optional(backend),
  tls: optional(
    positionalList(fields({ hosts: optional(list(text)), secretName: optional(text) })),
  ),
  rules: optional(positionalList(rule)),
});

const body = fields({ spec: optional(spec) });

export type Ingress = Parsed<typeof body>;
export type IngressRule = Parsed<typeof rule>;
export type IngressPath = Parsed<typeof path>;
export type IngressBackend = Parsed<typeof backend>;

/** `kubernetes.io/ingress.class`, the class annotation that `spec.ingressClassName` replaced. */
export const classAnnotation = "kubernetes.io/ingress.class";

export const ingressKind: Kind<Ingress> = {
  id: "Ingress.networking.k8s.io",
  group: "networking.k8s.io",
  version: "v1",
  kind: "Ingress",
  plural: "ingresses",
  shortNames: ["ing"],
  namespaced: true,
  legacy: { "networking.k8s.io/v1beta1": fromV1beta1, "extensions/v1beta1": fromV1beta1 },
  parse: body,
  withoutEffect: [],
  columns: [
    { title: "CLASS", value: (known) => classOf(known) ?? "<none>" },
    { title: "HOSTS", value: hosts },
    { title: "ADDRESS", value: (known) => addresses(known.object.status).join(",") },
    {
      title: "PORTS",
      value: (known) => ((known.value?.spec?.tls ?? []).length > 0 ? "80, 443" : "80"),
    },
  ],
};

/** The class an Ingress names: the field, else the old annotation. */
export function classOf(known: Known<Ingress>): string | undefined {
  return known.value?.spec?.ingressClassName ?? known.object.metadata.annotations[classAnnotation];
}

function hosts(known: Known<Ingress>): string {
  const names = (known.value?.spec?.rules ?? [])
    .map((entry) => entry?.host ?? "")
    .filter((host) => host !== "");
  if (names.length === 0) return "*";
  const shown = names.slice(0, 3).join(",");
  return names.length > 3 ? `${shown} + ${names.length - 3} more...` : shown;
}

/** `serviceName`/`servicePort` become `service`, `backend` becomes `defaultBackend`, an absent pathType and path get their old meaning. */
function fromV1beta1(raw: JsonObject): JsonObject {
  const old = raw["spec"];
  if (!isJsonObject(old)) return { ...raw, apiVersion: "networking.k8s.io/v1" };
  const { backend: oldDefault, rules, ...rest } = old as JsonObject;
  return {
    ...raw,
    apiVersion: "networking.k8s.io/v1",
    spec: {
      ...rest,
      ...(oldDefault === undefined ? {} : { defaultBackend: convertBackend(oldDefault) }),
      ...(rules === undefined ? {} : { rules: mapList(rules, convertRule) }),
    },
  };
}

function convertRule(entry: JsonObject): JsonObject {
  const http = entry["http"];
  if (!isJsonObject(http)) return entry;
  const paths = (http as JsonObject)["paths"];
  return { ...entry, http: { ...(http as JsonObject), paths: mapList(paths, convertPath) } };
}

function convertPath(entry: JsonObject): JsonObject {
  return {
    pathType: "ImplementationSpecific",
    ...entry,
    ...(entry["path"] === undefined ? { path: "/" } : {}),
    ...(entry["backend"] === undefined ? {} : { backend: convertBackend(entry["backend"]) }),
  };
}

function convertBackend(old: Json | undefined): Json | undefined {
  if (!isJsonObject(old)) return old;
  const { serviceName, servicePort: port, ...rest } = old as JsonObject;
  if (serviceName === undefined) return old;
  return {
    ...rest,
    service: {
      name: serviceName,
      ...(port === undefined
        ? {}
        : { port: typeof port === "string" ? { name: port } : { number: port } }),
    },
  };
}

function mapList(
  value: Json | undefined,
  convert: (entry: JsonObject) => JsonObject,
): Json | undefined {
  if (!Array.isArray(value)) return value;
  return (value as readonly Json[]).map((entry) =>
    isJsonObject(entry) ? convert(entry as JsonObject) : entry,
  );
}
