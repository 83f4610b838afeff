/** Upstreams of VirtualServers and VirtualServerRoutes: a Service, and how it is spoken to (k8s.nginx.org/v1). */

import { boolean, fields, integer, mapOf, optional, positionalList, text } from "#base/schema.ts";

export const header = fields({ name: optional(text), value: optional(text) });

const tls = fields({ enable: optional(boolean) });

const healthCheck = fields({
  enable: optional(boolean),
  path: optional(text),
  interval: optional(text),
  jitter: optional(text),
  fails: optional(integer()),
  passes: optional(integer()),
  port: optional(integer()),
  tls: optional(tls),
  "connect-timeout": optional(text),
  "read-timeout": optional(text),
  "send-timeout": optional(text),
  headers: optional(positionalList(header)),
  statusMatch: optional(text),
  grpcStatus: optional(integer()),
  grpcService: optional(text),
  mandatory: optional(boolean),
  persistent: optional(boolean),
  "keepalive-time": optional(text),
});

const sessionCookie = fields({
  enable: optional(boolean),
  name: optional(text),
  path: optional(text),
  expires: optional(text),
  domain: optional(text),
  httpOnly: optional(boolean),
  secure: optional(boolean),
  samesite: optional(text),
});

/** Reads one upstream. What is wrong in its values is the dialect's to say, in the words its users know. */
export const upstream = fields({
  name: optional(text),
  service: optional(text),
  subselector: optional(mapOf(text)),
  port: optional(integer(0, 65535)),
  "lb-method": optional(text),
  "fail-timeout": optional(text),
  "max-fails": optional(integer()),
  "max-conns": optional(integer()),
  keepalive: optional(integer()),
  "connect-timeout": optional(text),
  "read-timeout": optional(text),
  "send-timeout": optional(text),
  "next-upstream": optional(text),
  "next-upstream-timeout": optional(text),
  "next-upstream-tries": optional(integer()),
  buffering: optional(boolean),
  buffers: optional(fields({ number: optional(integer()), size: optional(text) })),
  "buffer-size": optional(text),
  "busy-buffers-size": optional(text),
  "client-max-body-size": optional(text),
  "client-body-buffer-size": optional(text),
  tls: optional(tls),
  healthCheck: optional(healthCheck),
  "slow-start": optional(text),
  queue: optional(fields({ size: optional(integer()), timeout: optional(text) })),
  sessionCookie: optional(sessionCookie),
  "use-cluster-ip": optional(boolean),
  ntlm: optional(boolean),
  type: optional(text),
  backup: optional(text),
  backupPort: optional(integer(0, 65535)),
});
