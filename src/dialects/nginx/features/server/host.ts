/** Hosts: a DNS name in lower case, or one behind `*.`, which takes any number of labels as nginx does. */

import type { Host } from "#model/host.ts";
import { isSubdomain } from "../../names.ts";
import { type Report, refuses, requires } from "../../report.ts";

/** The host; undefined after a complaint. */
export function parseHost(
  text: string | undefined,
  report: Report,
  at = "spec.host",
): Host | undefined {
  if (text === undefined || text === "") return requires(report, at);
  const isWildcard = text.startsWith("*.");
  const name = isWildcard ? text.slice(2) : text;
  if (!isSubdomain(name) || /^[0-9.]+$/.test(name)) {
    return refuses(
      report,
      at,
      text,
      'a DNS-1123 subdomain must consist of lower case alphanumeric characters, "-" or "."',
    );
  }
  return isWildcard ? { kind: "wildcard", suffix: name, labels: "many" } : { kind: "exact", name };
}
