/** What is found in one object: errors that reject it, in the words of Kubernetes' validation, and warnings. */

import type { Finding, Severity } from "#base/finding.ts";
import type { Origin } from "#base/origin.ts";
import { type FindingText, findingAt } from "../common/findings.ts";

export interface Report {
  /** The object that is read. */
  readonly origin: Origin;
  readonly findings: Finding[];
  /** What to do about what is wrong. Default: correct it, as nothing of the object is served meanwhile. */
  readonly remedy?: string;
  /** Where in the object that stands which is read at a place. Default: there. */
  readonly place?: (path: string) => string;
}

/** The reason of findings that reject the whole object, as the status of its kind has it. */
const rejected = "Rejected";

/** Whether something was found for which the object is not served. */
export function isRejected({ findings }: Report): boolean {
  return findings.some(({ reason }) => reason === rejected);
}

/** The field is not there, or empty. */
export function requires(report: Report, path: string, detail = ""): undefined {
  return reject(report, path, `Required value${detail === "" ? "" : `: ${detail}`}`);
}

/** The field's value is none that it may have. */
export function refuses(
  report: Report,
  path: string,
  value: string | number,
  detail: string,
): undefined {
  return reject(report, path, `Invalid value: ${JSON.stringify(value)}: ${detail}`);
}

/** The field may not be there. */
export function forbids(report: Report, path: string, detail: string): undefined {
  return reject(report, path, `Forbidden: ${detail}`);
}

/** The field names something that is not there. */
export function missesReference(report: Report, path: string, value: string): undefined {
  return reject(report, path, `Not found: ${JSON.stringify(value)}`);
}

/** The same value is there already. */
export function refusesTwice(report: Report, path: string, value: string): undefined {
  return reject(report, path, `Duplicate value: ${JSON.stringify(value)}`);
}

/** Something is served otherwise than asked for, or not at all, and everything else goes on. */
export function warns(report: Report, path: string, text: FindingText): undefined {
  report.findings.push(findingAt(report.origin, placed(report, path), "warning", text));
}

/** Something to know about, by which nothing is worse. */
export function tells(report: Report, path: string, text: FindingText): undefined {
  report.findings.push(findingAt(report.origin, placed(report, path), "info", text));
}

/** The same as another place of the object had to tell there already is told once. */
export function isTold({ findings }: Report, { path }: Origin, { message }: FindingText): boolean {
  return findings.some((one) => one.origin.path === path && one.message === message);
}

/** A place of the object, as an origin. */
export function placeOf(report: Report, path: string): Origin {
  return { ...report.origin, path: placed(report, path) };
}

function placed({ place }: Report, path: string): string {
  return place === undefined ? path : place(path);
}

/** As the controller's validation writes paths: `annotations.nginx.org/lb-method`. */
function fieldText(path: string): string {
  return path.replace(/^metadata\.annotations\[(.*)\]$/, "annotations.$1");
}

/** Something is wrong with the object, in words of its kind. */
export function rejects(report: Report, path: string, problem: string): undefined {
  return reject(report, path, problem);
}

function reject(report: Report, path: string, problem: string): undefined {
  const severity: Severity = "error";
  const field = placed(report, path);
  report.findings.push(
    findingAt(report.origin, field, severity, {
      reason: rejected,
      message: `${fieldText(field)}: ${problem}`,
      advice: report.remedy ?? "correct it; until then nothing of this object is served",
    }),
  );
}
