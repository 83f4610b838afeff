/** What a replica says of itself, as far as it is shown: another version of us may have written it. */

import type { Json } from "#base/json.ts";
import {
  boolean,
  fields,
  integer,
  list,
  optional,
  type Parsed,
  required,
  text,
} from "#base/schema.ts";

const proxy = fields({
  id: required(text),
  connectedSince: required(text),
  types: required(
    list(
      fields({
        type: required(text),
        sent: required(integer(0)),
        acknowledged: required(integer(0)),
        waiting: required(list(text)),
        lastRefusal: optional(text),
      }),
    ),
  ),
});

const otherReplica = fields({
  name: required(text),
  address: required(text),
  problem: optional(text),
  silent: required(list(text)),
});

const replica = fields({
  isLeader: required(boolean),
  served: required(integer(0)),
  addresses: required(list(fields({ ip: optional(text), hostname: optional(text) }))),
  proxies: required(list(proxy)),
  replicas: optional(list(otherReplica)),
  findings: required(fields({ error: required(integer(0)), warning: required(integer(0)) })),
});

export type ReplicaStatus = Parsed<typeof replica>;

/** Undefined when it says something else. */
export function readReplicaStatus(value: Json): ReplicaStatus | undefined {
  return replica(value, { path: "", problems: [] });
}
