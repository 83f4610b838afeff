/** Headers that annotations set, add, hide and pass, beside those that nginx sets itself. */

import type { HeaderChange } from "#model/header-change.ts";
import type { Text } from "#model/text.ts";
import { annotationField } from "../../common/support.ts";
import { hiddenOrders, host, ownHeaders, type ProxyHeaders } from "../features/headers.ts";
import { checkHeaderName } from "../names.ts";
import { type Report, refuses } from "../report.ts";
import { isOn, listOf, type Told } from "./values.ts";

const setHeaders = "nginx.org/proxy-set-headers";
const addHeaders = "nginx.org/add-header";

/** By whom a location is told: its own Ingress, and the one that has the host. */
export interface Tellers {
  readonly location: Told;
  readonly server: Told;
}

/** What a location does to headers. */
export function translateHeaders({ location, server }: Tellers): ProxyHeaders {
  const own = namedIn(location);
  const names = new Set(own.map(({ name }) => name));
  const set = [...own, ...namedIn(server).filter(({ name }) => !names.has(name))];
  const given = set.find(({ name }) => name === "host");
  const replaced = new Set(set.map(({ name }) => name));
  const isSecure = isOn(server, "nginx.org/redirect-to-https");
  return {
    host: given?.value ?? host,
    requestHeaders: [
      ...ownHeaders.filter(({ name }) => !replaced.has(name)),
      ...(isSecure && !replaced.has("x-forwarded-proto")
        ? [{ kind: "set", name: "x-forwarded-proto", value: "https" } as const]
        : []),
      ...set.filter(({ name }) => name !== "host").map(settingOf),
    ],
    responseHeaders: responseChanges(location, server),
  };
}

function settingOf({ name, value }: NamedText): HeaderChange {
  return value === "" ? { kind: "remove", name } : { kind: "set", name, value };
}

interface NamedText {
  readonly name: string;
  readonly value: Text;
}

/** `Name: value, Name2`: one without a value is passed on as the client sent it. */
function namedIn(told: Told): readonly NamedText[] {
  return listOf(told, setHeaders).flatMap((entry): readonly NamedText[] => {
    const [first = "", ...rest] = entry.split(":");
    const at = annotationField(setHeaders);
    const name = checkHeaderName(first.trim(), at, told.report)?.toLowerCase();
    if (name === undefined) return [];
    if (rest.length === 0) return [{ name, value: [{ kind: "header", name }] }];
    const value = checkValue(rest.join(":").trim(), at, told.report);
    return value === undefined ? [] : [{ name, value }];
  });
}

/** Variables have no place in it, and what is in quotes is unescaped. */
function checkValue(text: string, at: string, report: Report): string | undefined {
  if (text.includes("$")) return refuses(report, at, text, "invalid character in header value: $");
  if (/^([^"\\]|\\.)*$/s.test(text)) return text.replace(/\\(["\\])/g, "$1");
  const detail = `must have all '"' (double quotes) escaped and must not end with an unescaped '\\' (backslash)`;
  return refuses(report, at, text, detail);
}

/** Headers that a location adds itself take the place of those that its server adds, as in nginx. */
function responseChanges(location: Told, server: Told): readonly HeaderChange[] {
  const passed = new Set(namesIn(server, "nginx.org/proxy-pass-headers"));
  const hidden = [
    ...namesIn(server, "nginx.org/proxy-hide-headers"),
    ...hiddenOrders.filter((name) => !passed.has(name)),
  ];
  const own = addedIn(location);
  const added = own.length > 0 ? own : addedIn(server);
  return [
    ...[...new Set(hidden)].map((name): HeaderChange => ({ kind: "remove", name })),
    ...added,
  ];
}

function namesIn(told: Told, annotation: string): readonly string[] {
  return listOf(told, annotation).flatMap(
    (name) => checkHeaderName(name, annotationField(annotation), told.report)?.toLowerCase() ?? [],
  );
}

/** `Name: value`, with `: always` behind it if need be. */
function addedIn(told: Told): readonly HeaderChange[] {
  const at = annotationField(addHeaders);
  return listOf(told, addHeaders).flatMap((entry): readonly HeaderChange[] => {
    const [first = "", second = "", third] = splitInThree(entry);
    const name = checkHeaderName(first.trim(), at, told.report)?.toLowerCase();
    const value = checkValue(second.trim(), at, told.report);
    const mark = third?.trim() ?? "";
    if (mark !== "" && mark.toLowerCase() !== "always")
      refuses(told.report, at, entry, `invalid flag "${mark}": must be "always" or empty`);
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
