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
  report.findings.push(findingAt(report.origin, path, "warning", text));
}

/** Something to know about, by which nothing is worse. */
export function tells(report: Report, path: string, text: FindingText): undefined {
  report.findings.push(findingAt(report.origin, path, "info", text));
}

/** A place of the object, as an origin. */
export function placeOf({ origin }: Report, path: string): Origin {
  return { ...origin, path };
}

/** Something is wrong with the object, in words of its kind. */
export function rejects(report: Report, path: string, problem: string): undefined {
  return reject(report, path, problem);
}

function reject(report: Report, path: string, problem: string): undefined {
  const severity: Severity = "error";
  report.findings.push(
    findingAt(report.origin, path, severity, {
      reason: rejected,
      message: `${path}: ${problem}`,
      advice: report.remedy ?? "correct it; until then nothing of this object is served",
    }),
  );
}
