/** A request as a line for people, with the manifest's line that decided its answer. */

import { formatOrigin, type Place } from "#base/origin.ts";
import type { AccessRecord } from "#envoy/access-record.ts";
import { unclaimed } from "#model/gateway.ts";

/**
 * `12:00:01Z 200 GET https://cafe.example.com/tea 3ms → 127.1.2.3:8080  cafe.yaml:12 Ingress/default/cafe
 * spec.rules[0].http.paths[0]`; behind the status Envoy's response flags, and at the end its reason, when it failed.
 */
export function formatAccess(record: AccessRecord, place: Place | undefined): string {
  const parts = [
    `${record.time.slice(11, 19)}Z`,
    // 0: the connection ended before there was an answer.
    record.status === 0 ? "---" : `${record.status}`,
    ...(record.flags.length === 0 ? [] : [record.flags.join(",")]),
    formatRequest(record),
    `${record.durationMs}ms`,
    ...(record.upstreamHost === undefined ? [] : [`→ ${record.upstreamHost}`]),
    ...formatDecision(record, place),
    ...formatFailure(record),
  ];
  return visible(parts.join(" "));
}

function formatRequest({ method, tlsVersion, authority, path, client, sni }: AccessRecord): string {
  if (method === undefined) {
    return `connection from ${client ?? "?"}${sni === undefined ? "" : ` for ${sni}`}`;
  }
  return `${method} ${tlsVersion === undefined ? "http" : "https"}://${authority ?? ""}${path ?? ""}`;
}

function formatDecision({ route }: AccessRecord, place: Place | undefined): readonly string[] {
  if (route === undefined) return [];
  if (route === formatOrigin(unclaimed)) return [" no object claims this host"];
  const where = place === undefined ? "" : `${place.file}:${place.line} `;
  return [` ${where}${route}`];
}

function formatFailure(record: AccessRecord): readonly string[] {
  const { method, flags, upstreamHost } = record;
  // A filter chain that refuses does so with an answer, which Envoy does not count as a failure.
  if (method === undefined && flags.length === 0 && upstreamHost === undefined) {
    return [`– ${record.tlsFailure ?? "handshake refused"}`];
  }
  const said = record.upstreamFailure ?? record.tlsFailure ?? record.details;
  return said === undefined || record.flags.length === 0 ? [] : [`– ${said}`];
}

/** A client may send escape sequences for our terminal in any header. */
function visible(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (character) => {
    return `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`;
  });
}
