/** What `up` shows: a screen that is drawn anew, plain lines, or JSON events; chosen once. */

import { stripVTControlCharacters, styleText } from "node:util";
import type { LocatedFinding } from "#api/gate-calls.ts";
import type { GateStatus } from "#gate/statuses/gate-status.ts";
import { formatAge } from "../output/age.ts";
import { formatFinding } from "../output/finding-text.ts";
import { printable } from "../output/table.ts";

export interface ScreenContent {
  readonly status: GateStatus;
  readonly findings: readonly LocatedFinding[];
  /** What a person was told about Envoy and the run, the newest last. */
  readonly notices: readonly Notice[];
  /** Requests, the newest last. */
  readonly log: readonly string[];
  readonly now: Temporal.Instant;
}

export interface Notice {
  readonly time: Temporal.Instant;
  readonly message: string;
}

export interface ScreenForm {
  readonly columns: number;
  readonly rows: number;
  readonly colours: boolean;
}

/** The lines of the screen, at most `rows` of at most `columns` characters. */
export function formatScreen(
  content: ScreenContent,
  { columns, rows, colours }: ScreenForm,
): string {
  const paint = (style: Parameters<typeof styleText>[0], text: string): string =>
    colours ? styleText(style, text, { validateStream: false }) : text;
  const { status, findings, notices, log } = content;
  const head = [
    `${paint("bold", "sekisho")} ${status.version}   ${paint(status.envoy.state === "ready" ? "green" : "yellow", `Envoy ${status.envoy.version} ${status.envoy.state}`)}   ${status.directories.map(printable).join(", ")}   ${paint("dim", "Ctrl-C stops")}`,
    "",
    ...section(
      paint,
      "Notices",
      notices.map(
        ({ time, message }) => `${formatAge(`${time}`, content.now)} ago: ${printable(message)}`,
      ),
    ),
    ...section(paint, "Serving", formatServed(status)),
    ...section(
      paint,
      "Certificates",
      status.certificates.map((one) => formatCertificate(one, content.now)),
    ),
    ...section(paint, "Pods", formatPods(status)),
    ...section(
      paint,
      "Findings",
      findings.flatMap((finding) => formatWrapped(paint, finding, columns - 2)),
    ),
  ];
  const kept = head.slice(0, Math.min(rows, Math.max(4, rows - 4)));
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

/** What can be asked for, and one request to begin with. */
export function formatServed({ urls, sample }: GateStatus): readonly string[] {
  if (urls.length === 0) return ["nothing yet: no manifest names a host"];
  return sample === undefined ? urls : [...urls, `try: ${sample}`];
}

/** A finding is read to its end: it goes on in the next line, further in. */
function formatWrapped(paint: Paint, located: LocatedFinding, columns: number): readonly string[] {
  const style = { error: "red", warning: "yellow", info: "dim" } as const;
  const [said = "", advice = ""] = formatFinding(located).split("\n");
  return [
    ...wrap(said, columns, "  ").map((line) => paint(style[located.finding.severity], line)),
    ...wrap(advice.trimStart(), columns - 2, "  ").map((line) => `    ${line}`),
  ];
}

/** Breaks between words; later lines are further in. A word that is longer than a line is cut when drawn. */
function wrap(text: string, columns: number, indent: string): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (longer.length <= columns || line.trim() === "") line = longer;
    else {
      lines.push(line);
      line = `${indent}${word}`;
    }
  }
  return [...lines, line];
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
  const date = certificate.notAfter.slice(0, 10);
  const validity =
    days < 0 ? `expired on ${date}, ${-days} days ago` : `valid until ${date}, ${days} days`;
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
