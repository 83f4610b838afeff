/** What a request must say besides its path for a route to take it. */

import { unreachable } from "#base/unreachable.ts";

export type Subject =
  /** A header of the request. */
  | { readonly kind: "header"; readonly name: string }
  | { readonly kind: "cookie"; readonly name: string }
  /** An argument of the query, as it is written there; the case of its name does not matter. */
  | { readonly kind: "argument"; readonly name: string }
  | { readonly kind: "method" }
  /** `http` or `https`: how the client spoke to us, or to a proxy that we trust. */
  | { readonly kind: "scheme" }
  /** What is behind the question mark. */
  | { readonly kind: "query" }
  /** Path and query. */
  | { readonly kind: "target" };

export interface Condition {
  readonly subject: Subject;
  /** Compared as a whole, without regard to case. What a request does not say is as empty as an empty text. */
  readonly value: string;
  /** The values must differ. */
  readonly negated?: true;
}

/** What a request says, for those who ask which route takes it. */
export interface RequestFacts {
  readonly method: string;
  readonly scheme: "http" | "https";
  /** Path and query as Envoy sees them. */
  readonly target: string;
  /** By name in lower case. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Whether a request fulfils a condition. */
export function isFulfilled(condition: Condition, request: RequestFacts): boolean {
  const said = valueOf(condition.subject, request).toLowerCase();
  return (said === condition.value.toLowerCase()) !== (condition.negated === true);
}

/** The identity of a condition. */
export function formatCondition({ subject, value, negated }: Condition): string {
  const name = "name" in subject ? ` ${subject.name}` : "";
  return `${subject.kind}${name}${negated === true ? " is not " : " is "}${JSON.stringify(value)}`;
}

function valueOf(subject: Subject, request: RequestFacts): string {
  switch (subject.kind) {
    case "header":
      return request.headers[subject.name.toLowerCase()] ?? "";
    case "cookie":
      return named((request.headers["cookie"] ?? "").split(/;\s*/), subject.name);
    case "argument":
      return named(queryOf(request.target).split("&"), subject.name);
    case "method":
      return request.method;
    case "scheme":
      return request.scheme;
    case "query":
      return queryOf(request.target);
    case "target":
      return request.target;
    default:
      return unreachable(subject);
  }
}

function queryOf(target: string): string {
  const mark = target.indexOf("?");
  return mark < 0 ? "" : target.slice(mark + 1);
}

/** The value behind a name and `=`, the first that there is. */
function named(pairs: readonly string[], name: string): string {
  const start = `${name.toLowerCase()}=`;
  return pairs.find((pair) => pair.toLowerCase().startsWith(start))?.slice(start.length) ?? "";
}
