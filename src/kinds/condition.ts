/** Conditions of a status: one each type, with the moment since when it says what it says (Kubernetes API conventions). */

import { isJsonObject, type Json, type JsonObject } from "#base/json.ts";
import { fields, integer, list, optional, required, text } from "#base/schema.ts";
import type { Column, Known } from "./kind.ts";

export interface Condition {
  readonly type: string;
  readonly status: "True" | "False" | "Unknown";
  readonly reason: string;
  readonly message: string;
  /** Of the object that it was judged by. */
  readonly observedGeneration?: number;
  /** RFC 3339: since when the status is this one. */
  readonly lastTransitionTime?: string;
}

/** The field `conditions` of a status. */
export const conditionList = list(
  fields({
    type: required(text, "What it says something of."),
    status: required(text, '"True", "False" or "Unknown".'),
    reason: optional(text, "Why, in one word."),
    message: optional(text, "Why, in a sentence."),
    lastTransitionTime: optional(text, "Since when the status is this one."),
    observedGeneration: optional(integer(), "The generation of the object that was judged."),
  }),
);

/** The conditions of a status; what is none is left out. */
export function conditionsOf(status: Json | undefined): readonly Condition[] {
  const found = isJsonObject(status) ? (status as JsonObject)["conditions"] : undefined;
  return Array.isArray(found)
    ? (found as readonly Json[]).flatMap((one) =>
        isJsonObject(one) ? conditionOf(one as JsonObject) : [],
      )
    : [];
}

function conditionOf(raw: JsonObject): readonly Condition[] {
  const { type, status, reason, message, observedGeneration, lastTransitionTime } = raw;
  if (typeof type !== "string") return [];
  if (status !== "True" && status !== "False" && status !== "Unknown") return [];
  return [
    {
      type,
      status,
      reason: typeof reason === "string" ? reason : "",
      message: typeof message === "string" ? message : "",
      ...(typeof observedGeneration === "number" ? { observedGeneration } : {}),
      ...(typeof lastTransitionTime === "string" ? { lastTransitionTime } : {}),
    },
  ];
}

/** The condition of a type. */
export function findCondition(status: Json | undefined, type: string): Condition | undefined {
  return conditionsOf(status).find((one) => one.type === type);
}

/** Whether the condition of a type says so. */
export function isConditionTrue(status: Json | undefined, type: string): boolean {
  return findCondition(status, type)?.status === "True";
}

/** Puts a condition in the place of the one of its type; the moment stays when its status does. */
export function withCondition(
  conditions: readonly Condition[],
  condition: Condition,
  now: Temporal.Instant,
): readonly Condition[] {
  const before = conditions.find(({ type }) => type === condition.type);
  const lastTransitionTime =
    (before?.status === condition.status ? before.lastTransitionTime : undefined) ??
    now.toString({ smallestUnit: "second" });
  const stamped = { ...condition, lastTransitionTime };
  return before === undefined
    ? [...conditions, stamped]
    : conditions.map((one) => (one === before ? stamped : one));
}

/** A column that prints the status of a condition, as kubectl does; empty while there is none. */
export function conditionColumn(title: string, type: string): Column<unknown> {
  return {
    title,
    jsonPath: `.status.conditions[?(@.type=="${type}")].status`,
    value: ({ object }) => findCondition(object.status, type)?.status ?? "",
  };
}

/** A wide column that prints the message of a condition. */
export function messageColumn(title: string, type: string): Column<unknown> {
  return {
    title,
    wide: true,
    jsonPath: `.status.conditions[?(@.type=="${type}")].message`,
    value: ({ object }: Known<unknown>) => findCondition(object.status, type)?.message ?? "",
  };
}
