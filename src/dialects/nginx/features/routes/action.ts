/** Actions: forward to an upstream, redirect, or answer. */

import type {
  ActionProxy,
  ActionRedirect,
  ActionReturn,
  Action as NginxAction,
} from "#kinds/nginx/route.ts";
import type { Action, ErrorAnswer, Forward, Redirect, Respond, Rewrite } from "#model/action.ts";
import { type FieldSupport, served } from "../../field-support.ts";
import { type Report, refuses, requires } from "../../report.ts";
import type { Upstreams } from "../upstreams/backend.ts";
import { headersOf, type ProxyHeaders, passHeaders, translateHeaders } from "./headers.ts";
import { countGroups, type Location, type PatternLocation, wholePatternFromStart } from "./path.ts";
import { answerRules, parseText, redirectRules, type TextRules } from "./variables.ts";

/** What becomes of the fields of an action. */
export const actionSupport: FieldSupport = {
  pass: served,
  "redirect.url": served,
  "redirect.code": served,
  "return.code": served,
  "return.type": served,
  "return.body": served,
  "return.headers[].name": served,
  "return.headers[].value": served,
  "proxy.upstream": served,
  "proxy.rewritePath": served,
  "proxy.requestHeaders.pass": {
    support: "approximated",
    how: "those headers of clients of which others are made go along",
  },
  "proxy.requestHeaders.set[].name": served,
  "proxy.requestHeaders.set[].value": served,
  "proxy.responseHeaders.hide": served,
  "proxy.responseHeaders.pass": served,
  "proxy.responseHeaders.ignore": served,
  "proxy.responseHeaders.add[].name": served,
  "proxy.responseHeaders.add[].value": served,
  "proxy.responseHeaders.add[].always": served,
};

export interface ActionContext {
  readonly report: Report;
  readonly upstreams: Upstreams;
  /** Of the route: what a rewrite replaces. */
  readonly location: Location;
  /** Of the route. */
  readonly errorAnswers: readonly ErrorAnswer[];
}

/** What cannot be served here answers so: nobody gets through, and nobody takes it for an answer of the upstream. */
export const broken: Action = { kind: "respond", status: 500 };

const badGateway: Action = { kind: "respond", status: 502 };

/** What an action does; undefined after a complaint. */
export function translateAction(
  action: NginxAction | undefined,
  at: string,
  context: ActionContext,
): Action | undefined {
  const { pass, redirect, return: answer, proxy } = action ?? {};
  const given = [pass === "" ? undefined : pass, redirect, answer, proxy].filter(
    (one) => one !== undefined,
  );
  if (given.length !== 1) {
    return requires(
      context.report,
      at,
      "action must specify exactly one of `pass`, `redirect`, `return` or `proxy`",
    );
  }
  if (redirect !== undefined) return translateRedirect(redirect, `${at}.redirect`, context.report);
  if (answer !== undefined) return translateReturn(answer, `${at}.return`, context.report);
  if (proxy !== undefined) return translateProxy(proxy, `${at}.proxy`, context);
  return forwardTo(pass, `${at}.pass`, { headers: passHeaders }, context);
}

interface ForwardParts {
  readonly headers: ProxyHeaders;
  readonly rewrite?: Rewrite;
}

function forwardTo(
  name: string | undefined,
  at: string,
  { headers, rewrite }: ForwardParts,
  { upstreams, report, errorAnswers }: ActionContext,
): Action | undefined {
  if (name === undefined || name === "") return requires(report, at);
  if (!upstreams.has(name)) {
    const known = [...upstreams.keys()].join(", ");
    return refuses(report, at, name, `must be the name of an upstream of this object: ${known}`);
  }
  const upstream = upstreams.get(name);
  if (upstream === undefined) return badGateway;
  const forward: Forward = {
    ...upstream,
    ...headers,
    ...(rewrite === undefined ? {} : { rewrite }),
    ...(errorAnswers.length === 0 ? {} : { errorAnswers }),
  };
  return forward;
}

function translateProxy(
  proxy: ActionProxy,
  at: string,
  context: ActionContext,
): Action | undefined {
  const headers = translateHeaders(proxy, at, context.report);
  const rewrite = rewriteOf(proxy.rewritePath ?? "", `${at}.rewritePath`, context);
  const parts = { headers, ...(rewrite === undefined ? {} : { rewrite }) };
  return forwardTo(proxy.upstream, `${at}.upstream`, parts, context);
}

/** A matched prefix is replaced as text; of a pattern the whole path is, with what its groups matched. */
function rewriteOf(
  text: string,
  at: string,
  { location, report }: ActionContext,
): Rewrite | undefined {
  if (text === "") return undefined;
  if (/\$(?!\d)./s.test(text))
    return refuses(report, at, text, "`$` character can be only followed by a number");
  if (location.kind === "pattern") {
    // The location's regard to case is not that of its rewrite.
    const pattern = wholePatternFromStart({ ...location, anyCase: false });
    return { kind: "whole", pattern, to: rewriteTarget(text, location) };
  }
  if (/^\/[^\s{};\\]*$/.test(text)) return { kind: "prefix", to: text };
  const detail = "must start with / and must not include any whitespace character, `{`, `}` or `;`";
  return refuses(report, at, text, detail);
}

/** A path with `$1` → one with `\1`, for a pattern of RE2. */
export function rewriteTarget(text: string, { regex }: PatternLocation): string {
  const groups = countGroups(regex);
  // A group that is not there is empty; RE2 would leave the whole path as it is.
  return text
    .replaceAll("\\", "\\\\")
    .replace(/\$(\d)/g, (_, digit: string) => (Number(digit) > groups ? "" : `\\${digit}`));
}

const redirectCodes = [301, 302, 307, 308] as const;

/** The code of a redirect, 301 by default. */
export function redirectCode(
  code: number | undefined,
  at: string,
  report: Report,
): Redirect["status"] {
  if (code === undefined || code === 0) return 301;
  const known = redirectCodes.find((one) => one === code);
  if (known === undefined) {
    const detail =
      "status code out of accepted range. accepted values are '301', '302', '307', '308'";
    refuses(report, at, code, detail);
  }
  return known ?? 301;
}

/** A redirect; undefined after a complaint. */
export function translateRedirect(
  { url = "", code }: ActionRedirect,
  at: string,
  report: Report,
  rules: TextRules = redirectRules,
): Redirect | undefined {
  const status = redirectCode(code, `${at}.code`, report);
  if (url === "") return requires(report, `${at}.url`, "must specify a url");
  if (!url.includes("://")) {
    const detail = `must contain the protocol with '://', for example http://, https:// or \${scheme}://`;
    return refuses(report, `${at}.url`, url, detail);
  }
  const location = parseText(url, `${at}.url`, report, rules);
  return location === undefined ? undefined : { kind: "redirect", status, location };
}

/** An answer; undefined after a complaint. */
export function translateReturn(
  { code = 0, type = "", body = "", headers = [] }: ActionReturn,
  at: string,
  report: Report,
  rules: TextRules = answerRules,
): Respond | undefined {
  const status = code === 0 ? 200 : code;
  const isPossible = (status >= 200 && status <= 299) || (status >= 400 && status <= 599);
  if (!isPossible) {
    const detail = "must be a valid status code either 2XX, 4XX or 5XX, for example, 200 or 402.";
    return refuses(report, `${at}.code`, code, detail);
  }
  if (body === "") return requires(report, `${at}.body`);
  const text = parseText(body, `${at}.body`, report, rules);
  const responseHeaders = headersOf(headers, `${at}.headers`, report, rules).map(
    ({ name, value }) => ({ kind: "add", name, value }) as const,
  );
  if (text === undefined) return undefined;
  return {
    kind: "respond",
    status,
    body: text,
    contentType: type === "" ? "text/plain" : type,
    ...(responseHeaders.length === 0 ? {} : { responseHeaders }),
  };
}
