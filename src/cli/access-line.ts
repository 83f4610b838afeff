/** A request as a line for people, with the manifest's line that decided its answer. */

import type { Place } from "#base/origin.ts";
import type { AccessRecord } from "#envoy/access-record.ts";
import { printable } from "./table.ts";

/** `GET https://cafe.example.com/tea 200 3ms → 127.1.2.3:8080  cafe.yaml:12 Ingress/default/cafe spec.rules[0].http.paths[0]` */
export function formatAccess(record: AccessRecord, place: Place | undefined): string {
  const scheme = record.tlsVersion === undefined ? "http" : "https";
  const request =
    record.method === undefined
      ? `connection${record.sni === undefined ? "" : ` for ${record.sni}`}`
      : `${record.method} ${scheme}://${record.authority ?? ""}${record.path ?? ""}`;
  const flags = record.flags.length === 0 ? "" : ` ${record.flags.join(",")}`;
  const upstream = record.upstreamHost === undefined ? "" : ` → ${record.upstreamHost}`;
  const where = place === undefined ? "" : `${place.file}:${place.line} `;
  const decided = record.route === undefined ? "" : `  ${where}${record.route}`;
  return printable(
    `${request} ${record.status}${flags} ${record.durationMs}ms${upstream}${decided}`,
  );
}
