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
import { stateStatus } from "./status.ts";
import { fromAlpha } from "./versions.ts";

const healthCheck = fields({
  enable: optional(boolean, "Whether servers are checked; default false."),
  timeout: optional(text, "Longest time for a check."),
  jitter: optional(text, "How much a check may be late, at random."),
  port: optional(integer(), "Port that is checked; default the one that serves."),
  interval: optional(text, "Time between two checks."),
  passes: optional(integer(), "How many passed checks make a server healthy again."),
  fails: optional(integer(), "How many failed checks make it unhealthy."),
  match: optional(
    fields({
      send: optional(text, "What is sent."),
      expect: optional(text, "What must come back."),
    }),
    "What is sent, and expected back.",
  ),
});

const upstream = fields({
  name: optional(text, "Name by which the action refers to it."),
  service: optional(text, "Service in the same namespace."),
  port: optional(integer(0, 65535), "Port of the Service, from 1 to 65535."),
  failTimeout: optional(
    text,
    "Time in which maxFails failures make a server unavailable, and for how long.",
  ),
  maxFails: optional(integer(), "Failures within failTimeout that make a server unavailable."),
  maxConns: optional(integer(), "Most connections to one server at a time."),
  healthCheck: optional(healthCheck, "Active health checks."),
  loadBalancingMethod: optional(text, "How a server is chosen."),
  backup: optional(text, "Service of type ExternalName that is used when no other server is left."),
  backupPort: optional(integer(0, 65535), "Its port."),
});

const spec = fields({
  ingressClassName: optional(text, "The class whose controller serves it."),
  tls: optional(
    fields({ secret: optional(text, "Secret with certificate and key.") }),
    "Ends TLS here, where nothing is passed through.",
  ),
  listener: optional(
    fields({
      name: optional(text, "Its name in the GlobalConfiguration; tls-passthrough is built in."),
      protocol: optional(text, '"TCP", "UDP" or "TLS_PASSTHROUGH".'),
    }),
    "The listener that takes the connections.",
  ),
  serverSnippets: optional(text, "Lines of nginx's configuration."),
  streamSnippets: optional(text, "Lines of nginx's configuration."),
  host: optional(text, "Server name of the connections, where TLS is passed through."),
  upstreams: optional(positionalList(upstream), "Services that the action refers to by name."),
  upstreamParameters: optional(
    fields({
      udpRequests: optional(integer(), "Datagrams of a client that make a session."),
      udpResponses: optional(integer(), "Datagrams that answer one."),
      connectTimeout: optional(text, "Longest time to connect; default 60s."),
      nextUpstream: optional(boolean, "Whether another server is tried; default true."),
      nextUpstreamTimeout: optional(text, "Time within which others are tried."),
      nextUpstreamTries: optional(integer(), "How many servers are tried."),
    }),
    "How upstreams are spoken to.",
  ),
  sessionParameters: optional(
    fields({ timeout: optional(text, "Longest silence; default 10m.") }),
    "How long sessions live.",
  ),
  action: optional(
    fields({ pass: optional(text, "Name of the upstream that takes it.") }),
    "What is done with a connection.",
  ),
});

const body = fields({ spec: optional(spec, "What is done with connections.") });

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
  withoutEffect: [],
  columns: [stateColumn, reasonColumn],
  definition: {
    description: "A port for TCP or UDP, or TLS that is passed through by server name.",
    status: stateStatus,
    retiredVersions: ["v1alpha1"],
  },
};
