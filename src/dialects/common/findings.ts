/** Findings about an object, from what its parser and its kind say of it. */

import type { Finding, Severity } from "#base/finding.ts";
import type { Json, JsonObject } from "#base/json.ts";
import { isJsonObject } from "#base/json.ts";
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
  const idle = kind.withoutEffect.flatMap((field) => {
    const value = valueAt(known.object.body, field.path);
    if (value === undefined || field.harmless?.some((harmless) => harmless === value) === true)
      return [];
    return [
      findingAt(origin, field.path, "info", {
        reason: "FieldWithoutEffect",
        message: `${field.path} has no effect: ${field.reason}`,
        advice: field.advice,
      }),
    ];
  });
  return [...wrong, ...idle];
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

function valueAt(body: JsonObject, path: string): Json | undefined {
  let value: Json | undefined = body;
  for (const name of path.split(".")) {
    if (!isJsonObject(value)) return undefined;
    value = (value as JsonObject)[name];
  }
  return value ?? undefined;
}
