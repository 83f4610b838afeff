/** What is wrong or worth knowing about an object: said on the object, with the reason and what to do. Never thrown. */

import { compareInTurn, compareText } from "./compare.ts";
import type { Origin, Place } from "./origin.ts";

export type Severity = "error" | "warning" | "info";

export interface Finding {
  readonly severity: Severity;
  /** CamelCase, as a Kubernetes condition reason. */
  readonly reason: string;
  readonly origin: Origin;
  /** One sentence: what is wrong. */
  readonly message: string;
  /** One sentence: what to do next. */
  readonly advice: string;
  /** Known at once only for what is wrong with a file; for objects it is looked up when a person asks. */
  readonly place?: Place;
}

/** What is found now and was not before, and the other way round. */
export interface FindingChange {
  readonly added: readonly Finding[];
  readonly gone: readonly Finding[];
}

/** Findings with one key say the same of the same place in an object. */
export function findingKey({ severity, reason, origin, message }: Finding): string {
  const { kind, namespace, name, path } = origin;
  return [severity, kind, namespace, name, path, reason, message].join("\u0000");
}

/** Errors first, then by object and place: the one order in which findings are shown. */
export const compareFindings = compareInTurn<Finding>(
  (a, b) => rank(a.severity) - rank(b.severity),
  (a, b) => compareText(a.origin.kind, b.origin.kind),
  (a, b) => compareText(a.origin.namespace, b.origin.namespace),
  (a, b) => compareText(a.origin.name, b.origin.name),
  (a, b) => compareText(a.origin.path, b.origin.path),
  (a, b) => compareText(a.reason, b.reason),
  (a, b) => compareText(a.message, b.message),
);

function rank(severity: Severity): number {
  return severity === "error" ? 0 : severity === "warning" ? 1 : 2;
}
