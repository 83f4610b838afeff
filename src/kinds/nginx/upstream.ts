/** Upstreams of VirtualServers and VirtualServerRoutes: a Service, and how it is spoken to (k8s.nginx.org/v1). */

import {
  boolean,
  fields,
  integer,
  mapOf,
  optional,
  type Parsed,
  positionalList,
  text,
} from "#base/schema.ts";

export const header = fields({
  name: optional(text, "Name of the header."),
  value: optional(
    text,
    "Its value; may hold variables of nginx in curly brackets behind a dollar sign.",
  ),
});

const tls = fields({ enable: optional(boolean, "Whether TLS is spoken; default false.") });

const healthCheck = fields({
  enable: optional(boolean, "Whether servers are checked; default false."),
  path: optional(text, 'Path that is asked for; default "/".'),
  interval: optional(text, "Time between two checks; default 5s."),
  jitter: optional(text, "How much a check may be late, at random; default 0s."),
  fails: optional(integer(), "How many failed checks in a row make a server unhealthy; default 1."),
  passes: optional(integer(), "How many passed checks in a row make it healthy again; default 1."),
  port: optional(integer(), "Port that is checked; default the one that serves."),
  tls: optional(tls, "Whether checks speak TLS; default as the upstream."),
  "connect-timeout": optional(
    text,
    "Longest time to connect for a check; default as the upstream.",
  ),
  "read-timeout": optional(
    text,
    "Longest silence while a check is answered; default as the upstream.",
  ),
  "send-timeout": optional(text, "Longest pause while a check is sent; default as the upstream."),
  headers: optional(positionalList(header), "Headers that checks carry."),
  statusMatch: optional(
    text,
    'Status codes that pass, as in "200 202-299" or "! 500"; default any 2xx or 3xx.',
  ),
  grpcStatus: optional(integer(), "Status that a gRPC check passes with; default 0."),
  grpcService: optional(text, "Service that a gRPC check asks about."),
  mandatory: optional(boolean, "Whether a new server must pass before it gets requests."),
  persistent: optional(boolean, "Whether the last outcome holds after a reload."),
  "keepalive-time": optional(text, "How long one connection serves for checks."),
});

const sessionCookie = fields({
  enable: optional(boolean, "Whether clients stay with their server by a cookie; default false."),
  name: optional(text, "Name of the cookie."),
  path: optional(text, "Path of the cookie."),
  expires: optional(text, 'How long a browser keeps the cookie, or "max"; default until it ends.'),
  domain: optional(text, "Domain of the cookie."),
  httpOnly: optional(boolean, "Whether scripts of a page cannot read the cookie."),
  secure: optional(boolean, "Whether the cookie is sent over HTTPS alone."),
  samesite: optional(text, 'When other sites send it: "strict", "lax" or "none".'),
});

/** Reads one upstream. What is wrong in its values is the dialect's to say, in the words its users know. */
export const upstream = fields({
  name: optional(text, "Name by which actions of the same object refer to it."),
  service: optional(text, "Service in the same namespace."),
  subselector: optional(mapOf(text), "Labels that pods of the Service must have besides."),
  port: optional(integer(0, 65535), "Port of the Service, from 1 to 65535."),
  "lb-method": optional(
    text,
    'How a server is chosen, as in "round_robin", "least_conn" or "random two least_conn".',
  ),
  "fail-timeout": optional(
    text,
    "Time in which max-fails failures make a server unavailable, and for how long.",
  ),
  "max-fails": optional(
    integer(),
    "Failures within fail-timeout that make a server unavailable; 0: none does.",
  ),
  "max-conns": optional(integer(), "Most connections to one server at a time; 0: no limit."),
  keepalive: optional(integer(), "Idle connections that are kept open; 0: none."),
  "connect-timeout": optional(text, "Longest time to connect; default 60s."),
  "read-timeout": optional(text, "Longest silence of a server while it answers; default 60s."),
  "send-timeout": optional(text, "Longest pause while a request is sent; default 60s."),
  "next-upstream": optional(
    text,
    'After which failures another server is tried; default "error timeout".',
  ),
  "next-upstream-timeout": optional(
    text,
    "Time within which others are tried; default 0: no limit.",
  ),
  "next-upstream-tries": optional(integer(), "How many servers are tried; default 0: no limit."),
  buffering: optional(boolean, "Whether answers are read ahead of the client; default true."),
  buffers: optional(
    fields({
      number: optional(integer(), "How many."),
      size: optional(text, "How large each is."),
    }),
    "Buffers for one answer.",
  ),
  "buffer-size": optional(text, "Buffer for the head of an answer; default 4k or 8k."),
  "busy-buffers-size": optional(text, "How much of the buffers may be on the way to the client."),
  "client-max-body-size": optional(
    text,
    "Largest request body, else 413; default 1m, 0: no limit.",
  ),
  "client-body-buffer-size": optional(text, "How much of a request body is kept in memory."),
  tls: optional(tls, "Whether servers are spoken to by TLS."),
  healthCheck: optional(healthCheck, "Active health checks."),
  "slow-start": optional(text, "Time in which a server that came back gets its full share."),
  queue: optional(
    fields({
      size: optional(integer(), "How many may wait."),
      timeout: optional(text, "How long; default 60s."),
    }),
    "Requests that wait for a free server.",
  ),
  sessionCookie: optional(sessionCookie, "Keeps a client with its server."),
  "use-cluster-ip": optional(
    boolean,
    "Whether the Service's address is used in place of its pods'; default false.",
  ),
  ntlm: optional(boolean, "Whether connections are kept for NTLM."),
  type: optional(text, 'What servers speak: "http" or "grpc"; default "http".'),
  backup: optional(text, "Service of type ExternalName that is used when no other server is left."),
  backupPort: optional(integer(0, 65535), "Its port."),
});

export type Upstream = Parsed<typeof upstream>;
export type UpstreamHealthCheck = Parsed<typeof healthCheck>;
export type UpstreamSessionCookie = Parsed<typeof sessionCookie>;
export type Header = Parsed<typeof header>;
