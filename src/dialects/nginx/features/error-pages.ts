/** `errorPages`: what answers in the place of an upstream's errors, and of those that no upstream answered. */

import type { ErrorPage } from "#kinds/nginx/route.ts";
import type { ErrorAnswer } from "#model/action.ts";
import { type Report, refuses, requires } from "../report.ts";
import { translateRedirect, translateReturn } from "./action.ts";
import { errorRedirectRules, errorRules } from "./variables.ts";

/** The pages of a route; the first that is for a status counts. */
export function translateErrorPages(
  pages: readonly (ErrorPage | undefined)[],
  at: string,
  report: Report,
): readonly ErrorAnswer[] {
  return pages.flatMap((page, index) => {
    const answer = translateErrorPage(page ?? {}, `${at}[${index}]`, report);
    return answer === undefined ? [] : [answer];
  });
}

function translateErrorPage(
  { codes = [], return: answer, redirect }: ErrorPage,
  at: string,
  report: Report,
): ErrorAnswer | undefined {
  if ((answer === undefined) === (redirect === undefined))
    return requires(report, at, "must specify exactly one of `redirect` or `return`");
  if (codes.length === 0)
    return requires(report, `${at}.codes`, "must include at least 1 status code in `codes`");
  for (const [index, code] of codes.entries()) {
    if (code < 300 || code > 599)
      refuses(report, `${at}.codes[${index}]`, code, "must be between 300 and 599, inclusive");
  }
  const translated =
    redirect === undefined
      ? translateReturn(answer ?? {}, `${at}.return`, report, errorRules)
      : translateRedirect(redirect, `${at}.redirect`, report, errorRedirectRules);
  return translated === undefined ? undefined : { statuses: codes, answer: translated };
}
