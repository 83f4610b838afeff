/** Conditions of `matches`: a header, a cookie, an argument or a variable, compared as nginx's map does. */

import type { Match, Condition as NginxCondition } from "#kinds/nginx/route.ts";
import type { Condition, Subject } from "#model/condition.ts";
import { type FieldSupport, served } from "../../field-support.ts";
import { checkHeaderName } from "../../names.ts";
import { type Report, refuses, requires, warns } from "../../report.ts";

/** What becomes of the fields of a condition. */
export const conditionSupport: FieldSupport = {
  header: served,
  cookie: served,
  argument: served,
  variable: {
    support: "approximated",
    how: "what is not known when a route is chosen answers 500",
  },
  value: served,
};

/** Conditions of one match; `untestable` when one of them cannot be seen here; undefined after a complaint. */
export function translateConditions(
  { conditions = [] }: Match,
  at: string,
  report: Report,
): readonly Condition[] | "untestable" | undefined {
  if (conditions.length === 0)
    return requires(report, `${at}.conditions`, "must specify at least one condition");
  const translated = conditions.map((condition, index) =>
    translateCondition(condition ?? {}, `${at}.conditions[${index}]`, report),
  );
  if (translated.some((one) => one === undefined)) return undefined;
  const testable = translated.filter((one) => one !== undefined && one !== "untestable");
  return testable.length === translated.length ? testable : "untestable";
}

function translateCondition(
  condition: NginxCondition,
  at: string,
  report: Report,
): Condition | "untestable" | undefined {
  const subject = subjectOf(condition, at, report);
  const text = condition.value ?? "";
  if (subject === undefined || subject === "untestable") return subject;
  if (!/^([^"\\]|\\.)*$/s.test(text)) {
    const detail = `must have all '"' (double quotes) escaped and must not end with an unescaped '\\' (backslash)`;
    return refuses(report, `${at}.value`, text, detail);
  }
  const negated = text.startsWith("!");
  const value = (negated ? text.slice(1) : text).replace(/\\(.)/gs, "$1");
  if (text.replace("!", "").startsWith("~")) {
    return cannotSee(report, `${at}.value`, "a value that begins with ~ is a pattern in nginx");
  }
  const compared =
    condition.variable === "$https" ? { subject, value: schemeOfHttps(value) } : { subject, value };
  return negated ? { ...compared, negated } : compared;
}

/** `$https` is `on` or empty. */
function schemeOfHttps(value: string): string {
  if (value === "") return "http";
  return value.toLowerCase() === "on" ? "https" : "neither";
}

function subjectOf(
  { header = "", cookie = "", argument = "", variable = "" }: NginxCondition,
  at: string,
  report: Report,
): Subject | "untestable" | undefined {
  if ([header, cookie, argument, variable].filter((text) => text !== "").length !== 1) {
    const detail = "must specify exactly one of: `header`, `cookie`, `argument` or `variable`";
    return refuses(report, at, "", detail);
  }
  if (header !== "") {
    const name = checkHeaderName(header, `${at}.header`, report);
    return name === undefined ? undefined : { kind: "header", name: name.toLowerCase() };
  }
  if (variable !== "") return variableOf(variable, `${at}.variable`, report);
  const [kind, name] =
    cookie === "" ? (["argument", argument] as const) : (["cookie", cookie] as const);
  if (/^\w+$/.test(name)) return { kind, name };
  const detail = `a valid ${kind} name must consist of alphanumeric characters or '_'`;
  return refuses(report, `${at}.${kind}`, name, detail);
}

const subjects: Readonly<Record<string, Subject>> = {
  $args: { kind: "query" },
  $query_string: { kind: "query" },
  $https: { kind: "scheme" },
  $scheme: { kind: "scheme" },
  $request_method: { kind: "method" },
  $request_uri: { kind: "target" },
};

const unseen = ["$http2", "$remote_addr", "$remote_port", "$request", "$request_body"];

function variableOf(name: string, at: string, report: Report): Subject | "untestable" | undefined {
  const known = subjects[name];
  if (known !== undefined) return known;
  if (!name.startsWith("$")) return refuses(report, at, name, "must start with `$`");
  if (!unseen.includes(name))
    return refuses(report, at, name, "is not allowed or is not an NGINX variable");
  return cannotSee(report, at, `${name} is not known when a route is chosen`);
}

function cannotSee(report: Report, at: string, why: string): "untestable" {
  warns(report, at, {
    reason: "ConditionNotTestable",
    message: `${why}; the whole route answers 500`,
    advice: "use a header, a cookie, an argument, or another variable",
  });
  return "untestable";
}
