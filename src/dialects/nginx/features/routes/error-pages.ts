/** `errorPages`: what answers in the place of an upstream's errors, and of those that no upstream answered. */

import type { ErrorPage } from "#kinds/nginx/route.ts";
import type { ErrorAnswer } from "#model/action.ts";
import { type Report, refuses, requires } from "../../report.ts";
import { translateRedirect, translateReturn } from "./action.ts";
import { errorRedirectRules, errorRules } from "./variables.ts";

/** The pages of a route; the first that is for a status counts. */
export function translateErrorPages(
  pages: readonly (ErrorPage | undefined)[],
  at: string,
  report: Report,
): readonly ErrorAnswer[] {
  return pages.flatMap((page, index) => translateErrorPage(page ?? {}, `${at}[${index}]`, report));
}

function translateErrorPage(
  { codes = [], return: answer, redirect }: ErrorPage,
  at: string,
  report: Report,
): readonly ErrorAnswer[] {
  if ((answer === undefined) === (redirect === undefined)) {
    requires(report, at, "must specify exactly one of `redirect` or `return`");
    return [];
  }
  if (codes.length === 0) {
    requires(report, `${at}.codes`, "must include at least 1 status code in `codes`");
    return [];
  }
  for (const [index, code] of codes.entries()) {
    if (code < 300 || code > 599)
      refuses(report, `${at}.codes[${index}]`, code, "must be between 300 and 599, inclusive");
  }
  if (redirect !== undefined) {
    const to = translateRedirect(redirect, `${at}.redirect`, report, errorRedirectRules);
    return to === undefined ? [] : [{ statuses: codes, answer: to }];
  }
  const page = translateReturn(
    { type: "text/html", ...answer },
    `${at}.return`,
    report,
    errorRules,
  );
  if (page === undefined) return [];
  if ((answer?.code ?? 0) !== 0) return [{ statuses: codes, answer: page }];
  // Without a code the status of the error stays.
  return codes.map((status) => ({ statuses: [status], answer: { ...page, status } }));
}
