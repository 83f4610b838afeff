/** TransportServer, k8s.nginx.org/v1: a TCP or UDP port, or TLS passed through by server name. */

import {
  boolean,
  fields,
  integer,
  optional,
  type Parsed,
  positionalList,
  text,
} from "#base/schema.ts";
import type { Kind } from "../kind.ts";
import { reasonColumn, stateColumn } from "./state-columns.ts";
import { fromAlpha } from "./versions.ts";

const healthCheck = fields({
  enable: optional(boolean),
  timeout: optional(text),
  jitter: optional(text),
  port: optional(integer()),
  interval: optional(text),
  passes: optional(integer()),
  fails: optional(integer()),
  match: optional(fields({ send: optional(text), expect: optional(text) })),
});

const upstream = fields({
  name: optional(text),
  service: optional(text),
  port: optional(integer(0, 65535)),
  failTimeout: optional(text),
  maxFails: optional(integer()),
  maxConns: optional(integer()),
  healthCheck: optional(healthCheck),
  loadBalancingMethod: optional(text),
  backup: optional(text),
  backupPort: optional(integer(0, 65535)),
});

const spec = fields({
  ingressClassName: optional(text),
  tls: optional(fields({ secret: optional(text) })),
  listener: optional(fields({ name: optional(text), protocol: optional(text) })),
  serverSnippets: optional(text),
  streamSnippets: optional(text),
  host: optional(text),
  upstreams: optional(positionalList(upstream)),
  upstreamParameters: optional(
    fields({
      udpRequests: optional(integer()),
      udpResponses: optional(integer()),
      connectTimeout: optional(text),
      nextUpstream: optional(boolean),
      nextUpstreamTimeout: optional(text),
      nextUpstreamTries: optional(integer()),
    }),
  ),
  sessionParameters: optional(fields({ timeout: optional(text) })),
  action: optional(fields({ pass: optional(text) })),
});

const body = fields({ spec: optional(spec) });

export type TransportServer = Parsed<typeof body>;

export const transportServerKind: Kind<TransportServer> = {
  id: "TransportServer.k8s.nginx.org",
  group: "k8s.nginx.org",
  version: "v1",
  kind: "TransportServer",
  plural: "transportservers",
  shortNames: ["ts"],
  namespaced: true,
  legacy: fromAlpha,
  parse: body,
  withoutEffect: [
    {
      path: "spec",
      reason: "ports for TCP, UDP and TLS passed through are not served",
      advice: "keep this object for another gateway, or serve HTTP by a VirtualServer",
    },
  ],
  columns: [stateColumn, reasonColumn],
};
