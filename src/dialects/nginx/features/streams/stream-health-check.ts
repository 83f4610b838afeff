/** `healthCheck` of a TransportServer's upstream: endpoints are tried, and what they answer is looked at. */

import type { TransportServer } from "#kinds/nginx/transport-server.ts";
import type { HealthCheck } from "#model/backend.ts";
import type { FieldSupport } from "../../field-support.ts";
import { served } from "../../field-support.ts";
import { checkTime } from "../../quantities.ts";
import { type Report, refuses, warns } from "../../report.ts";

type Spec = NonNullable<TransportServer["spec"]>;
type Upstream = NonNullable<NonNullable<Spec["upstreams"]>[number]>;
type Given = NonNullable<Upstream["healthCheck"]>;

/** What becomes of its fields. */
export const streamHealthCheckSupport: FieldSupport = {
  "healthCheck.enable": served,
  "healthCheck.timeout": served,
  "healthCheck.jitter": served,
  "healthCheck.port": served,
  "healthCheck.interval": served,
  "healthCheck.passes": served,
  "healthCheck.fails": served,
  "healthCheck.match.send": served,
  "healthCheck.match.expect": {
    support: "approximated",
    how: "a text must be in the answer; a pattern is not looked for",
  },
};

/** The check of an upstream; undefined when there is none. */
export function translateStreamHealthCheck(
  { healthCheck: given }: Upstream,
  upstreamAt: string,
  protocol: "tcp" | "udp",
  report: Report,
): HealthCheck | undefined {
  if (given === undefined) return undefined;
  const at = `${upstreamAt}.healthCheck`;
  const time = (field: "timeout" | "interval" | "jitter", byDefault: number): number =>
    checkTime(given[field], `${at}.${field}`, report, byDefault);
  const port = given.port ?? 0;
  if (port < 0 || port > 65_535)
    refuses(report, `${at}.port`, port, "must be between 1 and 65535, inclusive");
  const asked = askOf(given, `${at}.match`, protocol, report);
  const check: HealthCheck = {
    ask: asked,
    intervalMs: Math.max(1, time("interval", 5000)),
    jitterMs: time("jitter", 0),
    timeoutMs: Math.max(1, time("timeout", 5000)),
    unhealthyAfter: countOf(given.fails, `${at}.fails`, report),
    healthyAfter: countOf(given.passes, `${at}.passes`, report),
    ...(port > 0 && port <= 65_535 ? { port } : {}),
  };
  if (given.enable !== true) return undefined;
  if (protocol === "tcp" || ("send" in asked && "expect" in asked)) return check;
  return warns(report, at, {
    reason: "NotChecked",
    message: "without a text to send and one to expect it cannot be told by UDP how a server is",
    advice: "set match.send and match.expect",
  });
}

function countOf(count: number | undefined, at: string, report: Report): number {
  if (count !== undefined && count < 0) refuses(report, at, count, "must be positive or zero");
  return Math.max(1, count ?? 1);
}

function askOf(
  { match }: Given,
  at: string,
  kind: "tcp" | "udp",
  report: Report,
): HealthCheck["ask"] {
  const { send = "", expect = "" } = match ?? {};
  const sent = send === "" ? undefined : bytesOf(send, `${at}.send`, report);
  if (expect.startsWith("~")) {
    warns(report, `${at}.expect`, {
      reason: "PatternNotExpected",
      message: "what servers answer to a check is not compared with a pattern",
      advice: "expect a text",
    });
  }
  const isText = expect !== "" && !expect.startsWith("~");
  const expected = isText ? bytesOf(expect, `${at}.expect`, report) : undefined;
  return {
    kind,
    ...(sent === undefined ? {} : { send: sent }),
    ...(expected === undefined ? {} : { expect: expected }),
  };
}

/** The bytes of a text in which `\x41` and `\"` stand for others, in hex; undefined after a complaint. */
function bytesOf(text: string, at: string, report: Report): string | undefined {
  const wrong = /\\x(?![0-9A-Fa-f]{2}).{0,2}/.exec(text)?.[0];
  if (wrong !== undefined)
    return refuses(report, at, text, `hex literal '${wrong}' must contain two hex digits`);
  const parts = text.match(/\\x[0-9A-Fa-f]{2}|\\.|[^\\]+|\\$/gs) ?? [];
  return parts
    .map((part) => {
      if (part.startsWith("\\x")) return part.slice(2).toLowerCase();
      const plain = escapes[part] ?? (part.startsWith("\\") ? part.slice(1) : part);
      return Buffer.from(plain, "utf8").toString("hex");
    })
    .join("");
}

const escapes: Readonly<Record<string, string>> = { "\\n": "\n", "\\r": "\r", "\\t": "\t" };
