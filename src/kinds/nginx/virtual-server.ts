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
import { endpointStatus } from "./status.ts";
import { upstream } from "./upstream.ts";

const certManager = fields({
  "cluster-issuer": optional(text, "Name of a ClusterIssuer."),
  issuer: optional(text, "Name of an Issuer in the same namespace."),
  "issuer-kind": optional(text, "Kind of the issuer, where it is an external one."),
  "issuer-group": optional(text, "API group of that kind."),
  "common-name": optional(text, "Common name of the certificate."),
  duration: optional(text, 'How long the certificate holds, as in "2160h".'),
  "renew-before": optional(text, "How long before its end it is renewed."),
  usages: optional(text, "Key usages, separated by commas."),
  "issue-temp-cert": optional(boolean, "Whether a self-signed one serves until it is there."),
});

const tls = fields({
  secret: optional(text, "Secret with certificate and key, in the same namespace."),
  redirect: optional(
    fields({
      enable: optional(boolean, "Whether they are sent; default false."),
      code: optional(integer(), "301, 302, 307 or 308; default 301."),
      basedOn: optional(
        text,
        'What tells HTTP from HTTPS: "scheme" or "x-forwarded-proto"; default "scheme".',
      ),
    }),
    "Sends clients from HTTP to HTTPS.",
  ),
  "cert-manager": optional(certManager, "Has the certificate made."),
});

const externalDns = fields({
  enable: optional(boolean, "Whether DNS records are made; default false."),
  recordType: optional(text, '"A", "AAAA" or "CNAME"; default by the addresses.'),
  recordTTL: optional(integer(), "Seconds for which resolvers may keep them."),
  labels: optional(mapOf(text), "Labels of the DNSEndpoint."),
  providerSpecific: optional(
    list(
      fields({
        name: optional(text, "Name of the property."),
        value: optional(text, "Its value."),
      }),
    ),
    "What the DNS provider is told besides.",
  ),
});

const spec = fields({
  ingressClassName: optional(text, "The class whose controller serves it."),
  host: optional(text, 'Host name; the first label may be "*". Every host belongs to one object.'),
  listener: optional(
    fields({
      http: optional(text, "The listener for HTTP."),
      https: optional(text, "The listener for HTTPS."),
    }),
    "Listeners of a GlobalConfiguration in place of the usual ports.",
  ),
  tls: optional(tls, "Serves the host over HTTPS."),
  gunzip: optional(
    boolean,
    "Whether compressed answers are expanded for clients that do not take them.",
  ),
  policies: optional(positionalList(policyReference), "Policies that hold for the whole host."),
  upstreams: optional(positionalList(upstream), "Services that actions refer to by name."),
  routes: optional(positionalList(route), "What is done with which requests."),
  "http-snippets": optional(text, "Lines of nginx's configuration."),
  "server-snippets": optional(text, "Lines of nginx's configuration."),
  "add-header-inherit": optional(
    addHeaderInherit,
    "Whether added headers replace those of wider scopes or join them.",
  ),
  dos: optional(text, "A DosProtectedResource."),
  externalDNS: optional(externalDns, "DNS records for the host."),
});

const body = fields({ spec: optional(spec, "What the host serves.") });

export type VirtualServer = Parsed<typeof body>;
export type VirtualServerSpec = Parsed<typeof spec>;
export type VirtualServerTls = Parsed<typeof tls>;

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
  withoutEffect: [],
  columns: hostColumns<VirtualServer>(),
  definition: {
    description: "A host with its routes and upstreams (NGINX Ingress Controller).",
    status: endpointStatus,
  },
};
