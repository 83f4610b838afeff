/** `lb-method`: which of an upstream's endpoints gets a request. */

import type { HashKey } from "#model/action.ts";
import type { Balancing } from "#model/backend.ts";
import { type Report, refuses } from "../../report.ts";

export interface BalancingVerdict {
  /** Absent: one after the other. */
  readonly method?: Balancing;
  readonly hashBy?: HashKey;
}

const methods: Readonly<Record<string, BalancingVerdict>> = {
  round_robin: {},
  least_conn: { method: "least-request" },
  random: { method: "random" },
  "random two": { method: "least-request" },
  "random two least_conn": { method: "least-request" },
  ip_hash: { method: "hash", hashBy: { kind: "client-address" } },
  // What only the paid nginx has: response times are not measured here, requests under way are.
  "least_time header": { method: "least-request" },
  "least_time last_byte": { method: "least-request" },
  "least_time header inflight": { method: "least-request" },
  "least_time last_byte inflight": { method: "least-request" },
  "random two least_time=header": { method: "least-request" },
  "random two least_time=last_byte": { method: "least-request" },
};

/** The method; nginx's ingress default is the lesser of two by lot. */
export function parseBalancing(
  text: string | undefined,
  at: string,
  report: Report,
): BalancingVerdict {
  const words = (text ?? "").trim().split(/\s+/).join(" ");
  if (words === "") return { method: "least-request" };
  const known = methods[words];
  if (known !== undefined) return known;
  const key = /^hash (\S+)( consistent)?$/.exec(words)?.[1];
  const hashBy = key === undefined ? undefined : keyOf(key);
  if (hashBy !== undefined) return { method: "hash", hashBy };
  refuses(report, at, text ?? "", `invalid load balancing method: "${words}"`);
  return {};
}

/** One variable; a key of several parts cannot be told from the request by one hash. */
function keyOf(key: string): HashKey | undefined {
  const name = /^\$\{?(\w+)\}?$/.exec(key)?.[1] ?? "";
  if (name === "remote_addr" || name === "binary_remote_addr") return { kind: "client-address" };
  if (name === "request_uri" || name === "uri") return { kind: "target" };
  if (name === "host" || name === "http_host") return { kind: "header", name: ":authority" };
  const [, family, rest = ""] = /^(http|arg|cookie)_(\w+)$/.exec(name) ?? [];
  if (family === "http") return { kind: "header", name: rest.replaceAll("_", "-").toLowerCase() };
  if (family === "arg") return { kind: "argument", name: rest };
  return family === "cookie" ? { kind: "cookie", name: rest } : undefined;
}
