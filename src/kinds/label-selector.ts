/** LabelSelector (Kubernetes API reference, "LabelSelector v1 meta"): which labels it accepts. */

import type { Parsed } from "#base/schema.ts";
import { fields, list, mapOf, oneOf, optional, required, text } from "#base/schema.ts";

const requirement = fields({
  key: required(text, "A label."),
  operator: required(oneOf("In", "NotIn", "Exists", "DoesNotExist"), "How it is judged."),
  values: optional(list(text), "Values for In and NotIn."),
});

/** Reads a label selector. */
export const labelSelector = fields({
  matchLabels: optional(mapOf(text), "Labels that must have these values."),
  matchExpressions: optional(list(requirement), "What else must hold of labels."),
});

export type LabelSelector = Parsed<typeof labelSelector>;
type Requirement = Parsed<typeof requirement>;
type Labels = Readonly<Record<string, string>>;

/** True when every part of the selector accepts the labels; the empty selector accepts all. */
export function selects(selector: LabelSelector, labels: Labels): boolean {
  return (
    includesLabels(labels, selector.matchLabels ?? {}) &&
    (selector.matchExpressions ?? []).every((entry) => accepts(entry, labels))
  );
}

/** True when `labels` holds every pair of `wanted`. */
export function includesLabels(labels: Labels, wanted: Labels): boolean {
  return Object.entries(wanted).every(([key, value]) => labels[key] === value);
}

function accepts(entry: Requirement, labels: Labels): boolean {
  const value = labels[entry.key];
  switch (entry.operator) {
    case "In":
      return value !== undefined && (entry.values ?? []).includes(value);
    case "NotIn":
      return value === undefined || !(entry.values ?? []).includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
  }
}

/** `app=tea,tier in (a,b)`, as kubectl prints it. */
export function formatSelector(selector: LabelSelector | undefined): string {
  const labels = Object.entries(selector?.matchLabels ?? {}).map(
    ([key, value]) => `${key}=${value}`,
  );
  const rest = (selector?.matchExpressions ?? []).map((entry) => {
    const values = `(${(entry.values ?? []).join(",")})`;
    if (entry.operator === "In") return `${entry.key} in ${values}`;
    if (entry.operator === "NotIn") return `${entry.key} notin ${values}`;
    return entry.operator === "Exists" ? entry.key : `!${entry.key}`;
  });
  const all = [...labels, ...rest];
  return all.length === 0 ? "<none>" : all.join(",");
}
