/** What `up` shows: a screen that is drawn anew, plain lines, or JSON events; chosen once. */

import { stripVTControlCharacters, styleText } from "node:util";
import type { LocatedFinding } from "#api/gate-calls.ts";
import type { GateStatus } from "#gate/gate-status.ts";
import { formatFinding } from "./finding-text.ts";
import { printable } from "./table.ts";

export interface ScreenContent {
  readonly status: GateStatus;
  readonly findings: readonly LocatedFinding[];
  /** The newest last. */
  readonly log: readonly string[];
  readonly now: Temporal.Instant;
}

/** The lines of the screen, at most `rows` of at most `columns` characters. */
export function formatScreen(
  content: ScreenContent,
  columns: number,
  rows: number,
  colours: boolean,
): string {
  const paint = (style: Parameters<typeof styleText>[0], text: string): string =>
    colours ? styleText(style, text, { validateStream: false }) : text;
  const { status, findings, log } = content;
  const head = [
    `${paint("bold", "sekisho")} ${status.version}   ${paint(status.envoy.state === "ready" ? "green" : "yellow", `Envoy ${status.envoy.version} ${status.envoy.state}`)}   ${status.directories.map(printable).join(", ")}`,
    "",
    ...section(paint, "Serving", status.urls.length === 0 ? ["nothing yet"] : status.urls),
    ...section(
      paint,
      "Certificates",
      status.certificates.map((one) => formatCertificate(one, content.now)),
    ),
    ...section(paint, "Pods", formatPods(status)),
    ...section(
      paint,
      "Findings",
      findings.map((finding) => colourFinding(paint, finding)),
    ),
  ];
  const kept = head
    .flatMap((text) => text.split("\n"))
    .slice(0, Math.min(rows, Math.max(4, rows - 4)));
  const room = Math.max(0, rows - kept.length - 2);
  const tail = log.slice(log.length - Math.min(room, log.length));
  return [
    ...kept,
    ...(tail.length === 0 ? [] : [paint("bold", "Requests"), ...tail.map((line) => `  ${line}`)]),
  ]
    .map((line) => cut(line, columns))
    .join("\n");
}

type Paint = (style: Parameters<typeof styleText>[0], text: string) => string;

function section(paint: Paint, title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [paint("bold", title), ...lines.map((line) => `  ${line}`)];
}

function colourFinding(paint: Paint, finding: LocatedFinding): string {
  const style = { error: "red", warning: "yellow", info: "dim" } as const;
  return formatFinding(finding)
    .split("\n")
    .map((line, index) =>
      index === 0 ? paint(style[finding.finding.severity], line) : `  ${line}`,
    )
    .join("\n");
}

function formatCertificate(
  certificate: GateStatus["certificates"][number],
  now: Temporal.Instant,
): string {
  const names = certificate.serverNames.slice(0, 3).join(", ");
  const more =
    certificate.serverNames.length > 3 ? ` and ${certificate.serverNames.length - 3} more` : "";
  if (certificate.notAfter === undefined)
    return `${certificate.secret} (${names}${more}): not usable, handshakes are refused`;
  const days = Math.floor(
    Temporal.Instant.from(certificate.notAfter).since(now).total("hours") / 24,
  );
  const validity = days < 0 ? `expired ${-days} days ago` : `valid for ${days} days`;
  return `${certificate.secret} (${names}${more}): ${validity}`;
}

function formatPods({ pods }: GateStatus): readonly string[] {
  const ready = pods.filter((pod) => pod.ready).length;
  if (pods.length === 0) return [];
  const waiting = pods.filter((pod) => !pod.ready).map((pod) => `${pod.name} is ${pod.phase}`);
  return [`${ready} of ${pods.length} ready`, ...waiting.slice(0, 5)];
}

/** Cuts by what is seen: colour codes take no room, and are closed at the cut. */
function cut(line: string, columns: number): string {
  const plain = stripVTControlCharacters(line);
  return plain.length <= columns ? line : `${plain.slice(0, Math.max(0, columns - 1))}…`;
}
