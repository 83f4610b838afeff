/** VirtualServer, k8s.nginx.org/v1: one host with its routes and upstreams (NGINX Ingress Controller). */

import {
  boolean,
  fields,
  integer,
  list,
  mapOf,
  optional,
  type Parsed,
  positionalList,
  text,
} from "#base/schema.ts";
import type { Kind } from "../kind.ts";
import { addHeaderInherit, policyReference, route } from "./route.ts";
import { hostColumns } from "./state-columns.ts";
import { upstream } from "./upstream.ts";

const certManager = fields({
  "cluster-issuer": optional(text),
  issuer: optional(text),
  "issuer-kind": optional(text),
  "issuer-group": optional(text),
  "common-name": optional(text),
  duration: optional(text),
  "renew-before": optional(text),
  usages: optional(text),
  "issue-temp-cert": optional(boolean),
});

const tls = fields({
  secret: optional(text),
  redirect: optional(
    fields({ enable: optional(boolean), code: optional(integer()), basedOn: optional(text) }),
  ),
  "cert-manager": optional(certManager),
});

const externalDns = fields({
  enable: optional(boolean),
  recordType: optional(text),
  recordTTL: optional(integer()),
  labels: optional(mapOf(text)),
  providerSpecific: optional(list(fields({ name: optional(text), value: optional(text) }))),
});

const spec = fields({
  ingressClassName: optional(text),
  host: optional(text),
  listener: optional(fields({ http: optional(text), https: optional(text) })),
  tls: optional(tls),
  gunzip: optional(boolean),
  policies: optional(positionalList(policyReference)),
  upstreams: optional(positionalList(upstream)),
  routes: optional(positionalList(route)),
  "http-snippets": optional(text),
  "server-snippets": optional(text),
  "add-header-inherit": optional(addHeaderInherit),
  dos: optional(text),
  externalDNS: optional(externalDns),
});

const body = fields({ spec: optional(spec) });

export type VirtualServer = Parsed<typeof body>;

export const virtualServerKind: Kind<VirtualServer> = {
  id: "VirtualServer.k8s.nginx.org",
  group: "k8s.nginx.org",
  version: "v1",
  kind: "VirtualServer",
  plural: "virtualservers",
  shortNames: ["vs"],
  namespaced: true,
  legacy: {},
  parse: body,
  withoutEffect: [
    {
      path: "spec",
      reason: "no VirtualServer is served",
      advice: "say the same in an Ingress",
    },
  ],
  columns: hostColumns<VirtualServer>(),
};
