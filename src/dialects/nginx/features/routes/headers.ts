/** Headers that an action sets, hides and adds, beside those that nginx sets itself. */

import type { ActionProxy } from "#kinds/nginx/route.ts";
import type { Header } from "#kinds/nginx/upstream.ts";
import type { Forward } from "#model/action.ts";
import type { HeaderChange } from "#model/header-change.ts";
import type { Text } from "#model/text.ts";
import { checkHeaderName } from "../../names.ts";
import { type Report, refuses } from "../../report.ts";
import { answerRules, parseText, type TextRules } from "./variables.ts";

export interface ProxyHeaders extends Pick<Forward, "clientHeaders"> {
  readonly host: Text;
  readonly requestHeaders: readonly HeaderChange[];
  readonly responseHeaders: readonly HeaderChange[];
}

/** The Host that upstreams see, unless they are told another one. */
export const host = [{ kind: "host" }] as const;

/** What nginx tells every upstream, unless it is told otherwise; X-Forwarded-For and -Proto are Envoy's own doing. */
export const ownHeaders: readonly HeaderChange[] = [
  { kind: "set", name: "x-real-ip", value: [{ kind: "client-address" }] },
  { kind: "set", name: "x-forwarded-host", value: host },
  { kind: "set", name: "x-forwarded-port", value: [{ kind: "local-port" }] },
];

const ignorable = [
  ...["X-Accel-Redirect", "X-Accel-Expires", "X-Accel-Limit-Rate", "X-Accel-Buffering"],
  ...["X-Accel-Charset", "Expires", "Cache-Control", "Set-Cookie", "Vary"],
];

/** Hidden unless they are passed: they are an upstream's orders to nginx. */
export const hiddenOrders = ignorable
  .filter((name) => name.startsWith("X-"))
  .map((name) => name.toLowerCase());

/** What a `pass` does. */
export const passHeaders: ProxyHeaders = {
  host,
  requestHeaders: ownHeaders,
  responseHeaders: hiddenOrders.map((name) => ({ kind: "remove", name })),
};

/** What a `proxy` does; the rest of it after a complaint. */
export function translateHeaders(
  { requestHeaders, responseHeaders }: ActionProxy,
  at: string,
  report: Report,
): ProxyHeaders {
  const set = headersOf(requestHeaders?.set ?? [], `${at}.requestHeaders.set`, report);
  const replaced = new Set(set.map(({ name }) => name));
  const given = set.find(({ name }) => name === "host");
  return {
    host: given?.value ?? host,
    requestHeaders: [
      ...ownHeaders.filter(({ name }) => !replaced.has(name)),
      ...set.filter(({ name }) => name !== "host").map(settingOf),
    ],
    responseHeaders: responseChanges(responseHeaders, `${at}.responseHeaders`, report),
    ...(requestHeaders?.pass === false ? { clientHeaders: "left-out" as const } : {}),
  };
}

/** A named value of a list. */
export interface NamedText {
  readonly name: string;
  readonly value: Text;
  readonly index: number;
}

/** The headers of a list with variables in their values, names in lower case. */
export function headersOf(
  headers: readonly (Header | undefined)[],
  at: string,
  report: Report,
  rules: TextRules = answerRules,
): readonly NamedText[] {
  return headers.flatMap((header, index) => {
    const name = checkHeaderName(header?.name, `${at}[${index}].name`, report);
    const value = parseText(header?.value ?? "", `${at}[${index}].value`, report, rules);
    if (name === undefined || value === undefined) return [];
    return [{ name: name.toLowerCase(), value, index }];
  });
}

/** nginx sends no header that is set to nothing. */
function settingOf({ name, value }: NamedText): HeaderChange {
  return value === "" ? { kind: "remove", name } : { kind: "set", name, value };
}

function responseChanges(
  headers: ActionProxy["responseHeaders"],
  at: string,
  report: Report,
): readonly HeaderChange[] {
  if (headers === undefined) return passHeaders.responseHeaders;
  for (const [index, name] of (headers.ignore ?? []).entries()) {
    if (ignorable.includes(name)) continue;
    const detail = `not a valid ignore header name. Accepted headers are : ${ignorable.join(", ")}`;
    refuses(report, `${at}.ignore[${index}]`, name, detail);
  }
  const names = (list: readonly string[], field: string): readonly string[] =>
    list.flatMap(
      (name, index) =>
        checkHeaderName(name, `${at}.${field}[${index}]`, report)?.toLowerCase() ?? [],
    );
  const passed = new Set(names(headers.pass ?? [], "pass"));
  const hidden = [
    ...names(headers.hide ?? [], "hide"),
    ...hiddenOrders.filter((name) => !passed.has(name)),
  ];
  const added = headersOf(headers.add ?? [], `${at}.add`, report);
  return [
    ...[...new Set(hidden)].map((name): HeaderChange => ({ kind: "remove", name })),
    ...added.map(
      ({ name, value, index }): HeaderChange => ({
        ...{ kind: "add", name, value },
        ...(headers.add?.[index]?.always === true ? {} : { on: "success" }),
      }),
    ),
  ];
}
