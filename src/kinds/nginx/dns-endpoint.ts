/** DNSEndpoint, externaldns.nginx.org/v1: DNS records for ExternalDNS to write, made of VirtualServers. */

import { fields, integer, list, mapOf, optional, type Parsed, text } from "#base/schema.ts";
import type { Kind } from "../kind.ts";

const endpoint = fields({
  dnsName: optional(text, "The name that is asked for."),
  targets: optional(list(text), "Addresses, or a name."),
  recordType: optional(text, '"A", "AAAA" or "CNAME".'),
  recordTTL: optional(integer(), "Seconds for which resolvers may keep it."),
  labels: optional(mapOf(text), "Labels of the record in ExternalDNS."),
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

const body = fields({
  spec: optional(
    fields({ endpoints: optional(list(endpoint), "The records.") }),
    "What DNS is to say.",
  ),
});

export type DnsEndpoint = Parsed<typeof body>;

export const dnsEndpointKind: Kind<DnsEndpoint> = {
  id: "DNSEndpoint.externaldns.nginx.org",
  group: "externaldns.nginx.org",
  version: "v1",
  kind: "DNSEndpoint",
  plural: "dnsendpoints",
  shortNames: [],
  namespaced: true,
  legacy: {},
  parse: body,
  withoutEffect: [],
  columns: [],
  definition: {
    description: "DNS records for ExternalDNS to write, made of VirtualServers.",
    status: fields({
      observedGeneration: optional(integer(), "Up to which change ExternalDNS has written it."),
    }),
  },
};
