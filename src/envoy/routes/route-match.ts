/** Which requests a route of the model takes → Envoy's match. */

import { quoteRe2 } from "#base/re2.ts";
import { unreachable } from "#base/unreachable.ts";
import type {
  HeaderMatcherSchema,
  RouteMatchSchema,
} from "#gen/envoy/config/route/v3/route_components_pb.ts";
import { FractionalPercent_DenominatorType } from "#gen/envoy/type/v3/percent_pb.ts";
import type { Condition } from "#model/condition.ts";
import type { LimitCondition } from "#model/rate-limit.ts";
import type { PathMatch, Route } from "#model/route.ts";
import type { Init } from "../encode.ts";
import type { RouteByCertificate } from "./client-certificate.ts";

type HeaderMatcher = Init<typeof HeaderMatcherSchema>;
type RouteMatch = Init<typeof RouteMatchSchema>;

/** Paths that no request has: `?` and `#` end a path, and Envoy refuses a segment prefix with them. */
export function canMatch({ match }: Route): boolean {
  return match.kind === "regex" || !/[?#]/.test(match.path);
}

/** The match of a route. */
export function buildMatch({
  match,
  conditions = [],
  drawBelow,
  shown,
}: RouteByCertificate): RouteMatch {
  const headers = [...withinOf(match), ...conditions.map(headerMatcherOf)];
  return {
    pathSpecifier: pathOf(match),
    ...(headers.length === 0 ? {} : { headers }),
    ...(drawBelow === undefined ? {} : { runtimeFraction: fractionOf(drawBelow) }),
    ...(shown === undefined ? {} : { tlsContext: shown }),
  };
}

function pathOf(match: PathMatch): NonNullable<RouteMatch["pathSpecifier"]> {
  switch (match.kind) {
    case "exact":
      return { case: "path", value: match.path };
    case "segments":
      return { case: "pathSeparatedPrefix", value: match.path };
    case "prefix":
      return { case: "prefix", value: match.path };
    case "regex":
      return { case: "safeRegex", value: { regex: match.pattern } };
    default:
      return unreachable(match);
  }
}

function withinOf(match: PathMatch): readonly HeaderMatcher[] {
  if (match.kind !== "regex" || match.within === undefined) return [];
  const value = { matchPattern: { case: "prefix", value: match.within } } as const;
  return [{ name: ":path", headerMatchSpecifier: { case: "stringMatch", value } }];
}

/** Envoy draws one number a request and compares it with every fraction, so shares of one hundred add up. */
function fractionOf(numerator: number): NonNullable<RouteMatch["runtimeFraction"]> {
  return {
    defaultValue: { numerator, denominator: FractionalPercent_DenominatorType.HUNDRED },
  };
}

/** Which requests a limit counts. */
export function limitMatcherOf(condition: LimitCondition): HeaderMatcher {
  return "pattern" in condition
    ? matches(headerNameOf(condition.subject), condition.pattern, condition.negated === true)
    : headerMatcherOf(condition);
}

function headerMatcherOf({ subject, value, negated }: Condition): HeaderMatcher {
  const invertMatch = negated === true;
  switch (subject.kind) {
    case "header":
    case "method":
    case "scheme":
    case "target":
      return equals(headerNameOf(subject), value, invertMatch);
    case "cookie": {
      const pair = `(.*;\\s*)?${inAnyCase(subject.name)}=`;
      return value === ""
        ? matches("cookie", `${pair}[^;].*`, !invertMatch)
        : matches("cookie", `${pair}${inAnyCase(value)}(;.*)?`, invertMatch);
    }
    case "argument": {
      const pair = `[^?]*\\?(.*&)?${inAnyCase(subject.name)}=`;
      return value === ""
        ? matches(":path", `${pair}[^&].*`, !invertMatch)
        : matches(":path", `${pair}${inAnyCase(value)}(&.*)?`, invertMatch);
    }
    case "query":
      return value === ""
        ? matches(":path", "[^?]*\\?.+", !invertMatch)
        : matches(":path", `[^?]*\\?${inAnyCase(value)}`, invertMatch);
    default:
      return unreachable(subject);
  }
}

/** Under which name Envoy has what is said. */
function headerNameOf(
  subject: Extract<LimitCondition, { readonly pattern: string }>["subject"],
): string {
  switch (subject.kind) {
    case "header": {
      const name = subject.name.toLowerCase();
      return name === "host" ? ":authority" : name;
    }
    case "method":
      return ":method";
    case "scheme":
      return "x-forwarded-proto";
    case "target":
      return ":path";
    default:
      return unreachable(subject);
  }
}

/** Takes requests that declare a longer body. */
export function longerThan(bytes: number): HeaderMatcher {
  const value = { start: BigInt(bytes) + 1n, end: 2n ** 63n - 1n };
  return { name: "content-length", headerMatchSpecifier: { case: "rangeMatch", value } };
}

function inAnyCase(text: string): string {
  return `(?i:${quoteRe2(text)})`;
}

/** A header that is absent is compared as an empty one. */
function equals(name: string, value: string, invertMatch: boolean): HeaderMatcher {
  const text = { matchPattern: { case: "exact", value }, ignoreCase: true } as const;
  return {
    name,
    headerMatchSpecifier: { case: "stringMatch", value: text },
    invertMatch,
    treatMissingHeaderAsEmpty: true,
  };
}

function matches(name: string, regex: string, invertMatch: boolean): HeaderMatcher {
  const text = { matchPattern: { case: "safeRegex", value: { regex } } } as const;
  return {
    name,
    headerMatchSpecifier: { case: "stringMatch", value: text },
    invertMatch,
    treatMissingHeaderAsEmpty: true,
  };
}
