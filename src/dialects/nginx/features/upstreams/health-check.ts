/** `healthCheck`: endpoints are asked how they are. Of nginx only the paid one does that. */

import type { Upstream, UpstreamHealthCheck } from "#kinds/nginx/upstream.ts";
import type { HealthCheck } from "#model/backend.ts";
import { checkHeaderName } from "../../names.ts";
import { checkTime } from "../../quantities.ts";
import { forbids, type Report, refuses, tells } from "../../report.ts";

/** The check of an upstream; undefined when there is none. */
export function translateHealthCheck(
  { healthCheck, type, tls }: Upstream,
  upstreamAt: string,
  report: Report,
): HealthCheck | undefined {
  if (healthCheck === undefined) return undefined;
  const at = `${upstreamAt}.healthCheck`;
  const ask = type === "grpc" ? grpc(healthCheck, at, report) : http(healthCheck, at, report);
  const port = healthCheck.port ?? 0;
  if (port < 0 || port > 65_535)
    refuses(report, `${at}.port`, port, "must be between 1 and 65535, inclusive");
  reportRest(healthCheck, tls?.enable === true, at, report);
  const time = (field: keyof UpstreamHealthCheck & `${string}`, byDefault: number): number => {
    const value = healthCheck[field];
    return checkTime(
      typeof value === "string" ? value : undefined,
      `${at}.${field}`,
      report,
      byDefault,
    );
  };
  const check: HealthCheck = {
    ask,
    intervalMs: Math.max(1, time("interval", 5000)),
    jitterMs: time("jitter", 0),
    timeoutMs: Math.max(1, time("read-timeout", 60_000)),
    unhealthyAfter: countOf(healthCheck.fails, `${at}.fails`, report),
    healthyAfter: countOf(healthCheck.passes, `${at}.passes`, report),
    ...(port > 0 && port <= 65_535 ? { port } : {}),
  };
  return healthCheck.enable === true ? check : undefined;
}

function countOf(count: number | undefined, at: string, report: Report): number {
  if (count !== undefined && count < 0) refuses(report, at, count, "must be positive");
  return Math.max(1, count ?? 1);
}

function grpc(check: UpstreamHealthCheck, at: string, report: Report): HealthCheck["ask"] {
  for (const field of ["path", "statusMatch"] as const) {
    if ((check[field] ?? "") !== "")
      forbids(report, `${at}.${field}`, `cannot specify \`${field}\` on gRPC type health checks`);
  }
  // Another status is one of servers that cannot say that they are serving (12: they do not know the question).
  if ((check.grpcStatus ?? 0) !== 0) return { kind: "tcp" };
  return { kind: "grpc", service: check.grpcService ?? "" };
}

function http(check: UpstreamHealthCheck, at: string, report: Report): HealthCheck["ask"] {
  for (const field of ["grpcStatus", "grpcService"] as const) {
    if (check[field] !== undefined && check[field] !== "")
      forbids(report, `${at}.${field}`, `cannot specify \`${field}\` on http type health checks`);
  }
  const path = check.path === undefined || check.path === "" ? "/" : check.path;
  if (!/^\/[^\s{};\\]*$/.test(path)) refuses(report, `${at}.path`, path, "must start with /");
  const headers = (check.headers ?? []).flatMap((header, index): readonly [string, string][] => {
    const name = checkHeaderName(header?.name, `${at}.headers[${index}].name`, report);
    return name === undefined ? [] : [[name.toLowerCase(), header?.value ?? ""]];
  });
  return {
    kind: "http",
    path,
    statuses: statusesOf(check.statusMatch, `${at}.statusMatch`, report),
    headers: Object.fromEntries(headers),
  };
}

type Range = { readonly start: number; readonly end: number };

/** `200`, `200-399 418`, `! 500-599`: half-open ranges of what is good. */
function statusesOf(text: string | undefined, at: string, report: Report): readonly Range[] {
  if (text === undefined || text === "") return [{ start: 200, end: 400 }];
  const isNegated = text.startsWith("! ");
  const ranges = (isNegated ? text.slice(2) : text).split(" ").map(rangeOf);
  const known = ranges.filter((range) => range !== undefined);
  if (known.length < ranges.length) {
    refuses(
      report,
      at,
      text,
      "must be status codes or ranges such as 200-399, behind `! ` if negated",
    );
    return [{ start: 200, end: 400 }];
  }
  const sorted = known.toSorted((a, b) => a.start - b.start);
  return isNegated ? gapsOf(sorted) : sorted;
}

function rangeOf(text: string): Range | undefined {
  const [, first = "", last] = /^(\d{3})(?:-(\d{3}))?$/.exec(text) ?? [];
  const start = Number(first);
  const end = Number(last ?? first) + 1;
  return first !== "" && start >= 100 && end > start
    ? { start, end: Math.min(end, 600) }
    : undefined;
}

function gapsOf(sorted: readonly Range[]): readonly Range[] {
  const edges = [{ start: 0, end: 100 }, ...sorted, { start: 600, end: 600 }];
  return edges.slice(1).flatMap(({ start }, index) => {
    const from = Math.max(...edges.slice(0, index + 1).map(({ end }) => end));
    return from < start ? [{ start: from, end: start }] : [];
  });
}

function reportRest(check: UpstreamHealthCheck, isTls: boolean, at: string, report: Report): void {
  if (check.persistent === true && check.mandatory !== true)
    refuses(report, `${at}.mandatory`, "", "must be true when `persistent` is true");
  if (check.tls !== undefined && (check.tls.enable === true) !== isTls) {
    tells(report, `${at}.tls`, {
      reason: "CheckedLikeTheRest",
      message: "health checks are by TLS when the upstream is, and not else",
      advice: "set tls.enable of the upstream",
    });
  }
}
