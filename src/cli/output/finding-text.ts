/** A finding as people read it, and as a line of `check -o github`. */

import type { LocatedFinding } from "#api/gate-calls.ts";
import { formatOrigin } from "#base/origin.ts";
import { printable } from "./table.ts";

/** `cafe.yaml:12:9 error SecretNotFound: … (Ingress/default/cafe spec.tls[0])`, and what to do on the next line. */
export function formatFinding({ finding, place }: LocatedFinding): string {
  const isFile = finding.origin.kind === "File";
  const whole = isFile ? `${finding.origin.name} ` : "";
  const where = place === undefined ? whole : `${place.file}:${place.line}:${place.column} `;
  // The gate itself is no object: what is wrong with it is about no manifest.
  const origin =
    isFile || finding.origin.kind === "Gate" ? "" : ` (${formatOrigin(finding.origin)})`;
  return `${printable(`${where}${finding.severity} ${finding.reason}: ${finding.message}${origin}`)}\n    ${printable(finding.advice)}`;
}

/** A workflow command of GitHub Actions (GitHub documentation, "Workflow commands"). */
export function formatGithubFinding({ finding, place }: LocatedFinding): string {
  const command = finding.severity === "info" ? "notice" : finding.severity;
  const whole =
    finding.origin.kind === "File" ? ` file=${escapeProperty(finding.origin.name)},` : "";
  const at =
    place === undefined
      ? whole
      : ` file=${escapeProperty(place.file)},line=${place.line},col=${place.column},`;
  const title = `${at === "" ? " " : ""}title=${escapeProperty(finding.reason)}`;
  return `::${command}${at}${title}::${escapeData(`${finding.message.replace(/\.$/, "")}. ${finding.advice}`)}`;
}

function escapeData(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
