/** What becomes of each field and annotation that the upstream of a dialect knows: declared beside the code that does it. */

import { fieldsOf, usedFields } from "#base/field-path.ts";
import type { Finding, Severity } from "#base/finding.ts";
import type { Json } from "#base/json.ts";
import { anyShape } from "#base/shape.ts";
import type { Kind, Known } from "#kinds/kind.ts";
import { type KindId, keyOf } from "#kinds/object.ts";
import { findingAt, originOf } from "./findings.ts";

export type SupportRow = SupportedField & Support;

interface SupportedField {
  readonly kind: KindId;
  /** `spec.rules[].host`, `metadata.annotations[example.com/x]`. */
  readonly field: string;
}

export type Support =
  | { readonly support: "honoured" }
  | { readonly support: "approximated"; readonly how: string }
  | { readonly support: "refused"; readonly why: string; readonly told?: Told };

/** What each use of a refused field is told; absent: whoever declares it tells it himself, as it depends on the value. */
export interface Told {
  readonly severity: Severity;
  /** Default: `FieldNotServed`. */
  readonly reason?: string;
  readonly advice: string;
  /** Values that ask for nothing. */
  readonly harmless?: readonly Json[];
}

/** Rows of fields that do what their upstream says. */
export function honoured(kind: KindId, ...fields: readonly string[]): readonly SupportRow[] {
  return fields.map((field) => ({ kind, field, support: "honoured" }));
}

/** Rows of fields that are known and not served; `why` goes on from "it is not served:". */
export function refused(
  kind: KindId,
  { why, told }: { readonly why: string; readonly told?: Told },
  ...fields: readonly string[]
): readonly SupportRow[] {
  return fields.map((field) => ({
    kind,
    field,
    support: "refused",
    why,
    ...(told === undefined ? {} : { told }),
  }));
}

/** The path of an annotation, as rows and findings have it. */
export function annotationField(name: string): string {
  return `metadata.annotations[${name}]`;
}

/** The rows of a kind that no dialect is about: its own parser and what it says has no effect. */
export function rowsOfKind({ id, parse, withoutEffect }: Kind<unknown>): readonly SupportRow[] {
  return fieldsOf(parse.shape ?? anyShape).flatMap((field) => {
    const idle = withoutEffect.find(
      ({ path }) => field === path || field.startsWith(`${path}.`) || field.startsWith(`${path}[`),
    );
    if (idle === undefined) return honoured(id, field);
    const { reason, advice, harmless = [] } = idle;
    return refused(id, { why: reason, told: { severity: "info", advice, harmless } }, field);
  });
}

/** A use of a field in an object. */
export interface FieldUse {
  /** With the places in lists. */
  readonly path: string;
  /** Absent: no list has it. */
  readonly row?: SupportRow;
}

/** Every field that an object has, and every annotation that asks something of a gateway. */
export function usesOf({ object }: Known<unknown>, rows: SupportIndex): readonly FieldUse[] {
  const ofKind = rows.get(keyOf(object).kind) ?? new Map<string, SupportRow>();
  const inBody = usedFields(object.body as Json, (field) => ofKind.has(field));
  const annotations = Object.entries(object.metadata.annotations)
    .filter(([name]) => asksOfGateways(name))
    .map(([name, value]) => ({ path: annotationField(name), field: annotationField(name), value }));
  return [...inBody, ...annotations].flatMap(({ path, field, value }) => {
    const row = ofKind.get(field);
    if (row === undefined) return isAbove(field, ofKind) ? [] : [{ path }];
    const { kind } = row;
    const asksNothing =
      row.support === "refused" && row.told?.harmless?.some((one) => one === value) === true;
    return [{ path, row: asksNothing ? { kind, field, support: "honoured" } : row }];
  });
}

/** A place where fields should be, and something else is: its kind's parser says so. */
function isAbove(field: string, ofKind: ReadonlyMap<string, SupportRow>): boolean {
  return [...ofKind.keys()].some(
    (known) => known.startsWith(`${field}.`) || known.startsWith(`${field}[`),
  );
}

/** Rows by kind and field. */
export type SupportIndex = ReadonlyMap<KindId, ReadonlyMap<string, SupportRow>>;

export function indexSupport(rows: readonly SupportRow[]): SupportIndex {
  const index = new Map<KindId, Map<string, SupportRow>>();
  for (const row of rows) {
    const fields = index.get(row.kind) ?? new Map<string, SupportRow>();
    index.set(row.kind, fields.set(row.field, row));
  }
  return index;
}

/** What the rows have to tell about an object: each use of a field that is approximated or not served. */
export function supportFindings(known: Known<unknown>, rows: SupportIndex): readonly Finding[] {
  const origin = originOf(known);
  return usesOf(known, rows).flatMap(({ path, row }) => {
    if (row?.support === "approximated") {
      return [
        findingAt(origin, path, "info", {
          reason: "FieldApproximated",
          message: `${path} is approximated: ${row.how}`,
          advice: "check that nobody relies on the difference",
        }),
      ];
    }
    if (row?.support !== "refused" || row.told === undefined) return [];
    const { severity, reason = "FieldNotServed", advice } = row.told;
    return [
      findingAt(origin, path, severity, {
        reason,
        message: `${path} is not served: ${row.why}`,
        advice,
      }),
    ];
  });
}

/** Written by tools for themselves; they ask nothing of a gateway. */
const notForGateways = [
  "kubectl.kubernetes.io/",
  "meta.helm.sh/",
  "argocd.argoproj.io/",
  "kustomize.toolkit.fluxcd.io/",
  "helm.toolkit.fluxcd.io/",
  "app.kubernetes.io/",
  "sekisho.dev/",
];

/** Whether an annotation is more than a note of people or of other tools. */
export function asksOfGateways(annotation: string): boolean {
  return (
    annotation.includes("/") && !notForGateways.some((prefix) => annotation.startsWith(prefix))
  );
}
