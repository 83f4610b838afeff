/** Headers that answers get by `add-header`, and which of them by `add-header-inherit` (ngx_http_headers_module). */

import type { Action } from "#model/action.ts";
import type { HeaderChange } from "#model/header-change.ts";
import type { Defaults } from "./defaults.ts";
import { checkHeaderName } from "./names.ts";
import { type Report, refuses } from "./report.ts";

export type Inheritance = "on" | "off" | "merge";

/** What a scope has of the wider one. */
export interface Inherited {
  readonly headers: readonly HeaderChange[];
  readonly by: Inheritance;
}

/** A scope that adds headers has none of the wider one, unless it says otherwise. */
export function inheritHeaders(
  own: readonly HeaderChange[],
  { headers, by }: Inherited,
): readonly HeaderChange[] {
  if (by === "merge") return [...headers, ...own];
  return by === "off" || own.length > 0 ? own : headers;
}

/** The action with what its answers have of the wider scope; a move to another path is no answer that anybody reads. */
export function withInherited(action: Action, inherited: Inherited): Action {
  if (action.kind === "move") return action;
  const { responseHeaders = [] } = action;
  const own = responseHeaders.filter(({ kind }) => kind === "add");
  const added = inheritHeaders(own, inherited);
  if (added.length === own.length) return action;
  const others = responseHeaders.filter(({ kind }) => kind !== "add");
  return { ...action, responseHeaders: [...others, ...added] };
}

/** Undefined where nothing is said. */
export function checkInheritance(
  text: string | undefined,
  at: string,
  report: Report,
): Inheritance | undefined {
  if (text === undefined || text === "") return undefined;
  if (text === "on" || text === "off" || text === "merge") return text;
  return refuses(report, at, text, "must be one of: `on`, `off`, `merge`");
}

/** What the controller's ConfigMap has for everybody. */
export function commonHeaders(defaults: Defaults): Inherited {
  const report = unread();
  return {
    headers: parseAddedHeaders(defaults("add-header") ?? "", "", report),
    by: checkInheritance(defaults("add-header-inherit"), "", report) ?? "on",
  };
}

/** What is wrong with a list of headers; undefined: nothing. */
export function problemOfAdded(text: string): string | undefined {
  const report = unread();
  parseAddedHeaders(text, "", report);
  return report.findings.length === 0 ? undefined : "must be headers such as `Name: value: always`";
}

function unread(): Report {
  return { origin: { kind: "", namespace: "", name: "", path: "" }, findings: [] };
}

/** `Name: value`, with `: always` behind it if need be, between commas. */
export function parseAddedHeaders(
  text: string,
  at: string,
  report: Report,
): readonly HeaderChange[] {
  const entries = text.split(",").flatMap((item) => item.trim() || []);
  return entries.flatMap((entry): readonly HeaderChange[] => {
    const [first = "", second = "", third] = splitInThree(entry);
    const name = checkHeaderName(first.trim(), at, report)?.toLowerCase();
    const value = checkHeaderValue(second.trim(), at, report);
    const mark = third?.trim() ?? "";
    if (mark !== "" && mark.toLowerCase() !== "always")
      refuses(report, at, entry, `invalid flag "${mark}": must be "always" or empty`);
    return name === undefined || value === undefined || value === ""
      ? []
      : [{ kind: "add", name, value, ...(mark === "" ? { on: "success" } : {}) }];
  });
}

function splitInThree(entry: string): readonly string[] {
  const [first = "", second, ...rest] = entry.split(":");
  if (second === undefined) return [first];
  return rest.length === 0 ? [first, second] : [first, second, rest.join(":")];
}

/** Variables have no place in it, and what is in quotes is unescaped. */
export function checkHeaderValue(text: string, at: string, report: Report): string | undefined {
  if (text.includes("$")) return refuses(report, at, text, "invalid character in header value: $");
  if (/^([^"\\]|\\.)*$/s.test(text)) return text.replace(/\\(["\\])/g, "$1");
  const detail = `must have all '"' (double quotes) escaped and must not end with an unescaped '\\' (backslash)`;
  return refuses(report, at, text, detail);
}
