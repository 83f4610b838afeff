/** Findings about an object, from what its parser and its kind say of it. */

import { usedFields } from "#base/field-path.ts";
import type { Finding, Severity } from "#base/finding.ts";
import type { Json } from "#base/json.ts";
import type { Origin } from "#base/origin.ts";
import type { Problem } from "#base/schema.ts";
import type { Kind, Known } from "#kinds/kind.ts";
import { keyOf } from "#kinds/object.ts";

/** The origin of a whole object. */
export function originOf(known: Known<unknown>): Origin {
  const key = keyOf(known.object);
  return { kind: key.kind, namespace: key.namespace, name: key.name, path: "" };
}

export interface FindingText {
  readonly reason: string;
  readonly message: string;
  readonly advice: string;
}

/** A finding at a place of an object. */
export function findingAt(
  origin: Origin,
  path: string,
  severity: Severity,
  text: FindingText,
): Finding {
  return { severity, origin: { ...origin, path }, ...text };
}

/** What every object of a kind is checked for, whoever uses it: fields that are wrong, unknown, or without effect. */
export function kindFindings<T>(kind: Kind<T>, known: Known<T>): readonly Finding[] {
  const origin = originOf(known);
  const wrong = known.problems.map((problem) => problemFinding(kind.kind, origin, problem));
  return [...wrong, ...idleFindings(kind, known, origin)];
}

function idleFindings<T>(
  { withoutEffect }: Kind<T>,
  { object }: Known<T>,
  origin: Origin,
): readonly Finding[] {
  if (withoutEffect.length === 0) return [];
  const rules = new Map(withoutEffect.map((rule) => [rule.path, rule]));
  const uses = usedFields(object.body as Json, (field) => rules.has(field));
  return uses.flatMap(({ path, field, value }) => {
    const rule = rules.get(field);
    if (rule === undefined || rule.harmless?.some((harmless) => harmless === value) === true)
      return [];
    return [
      findingAt(origin, path, rule.severity ?? "info", {
        reason: "FieldWithoutEffect",
        message: `${path} has no effect: ${rule.reason}`,
        advice: rule.advice,
      }),
    ];
  });
}

function problemFinding(kind: string, origin: Origin, problem: Problem): Finding {
  const where = problem.path === "" ? kind : problem.path;
  switch (problem.problem) {
    case "unknown":
      return findingAt(origin, problem.path, "warning", {
        reason: "UnknownField",
        message: `${where} ${problem.message}`,
        advice: "check the spelling and the indentation, or remove it",
      });
    case "missing":
      return findingAt(origin, problem.path, "error", {
        reason: "MissingField",
        message: `${where} ${problem.message}`,
        advice: "add it",
      });
    case "invalid":
      return findingAt(origin, problem.path, "error", {
        reason: "InvalidField",
        message: `${where} ${problem.message}`,
        advice: "correct the value; what depends on it is not served",
      });
  }
}
