/** `errorPages`: what answers in the place of an upstream's errors. */

import type { ErrorPage } from "#kinds/nginx/route.ts";
import { type Report, refuses, requires, warns } from "../report.ts";

/** Complains about pages that are none, and says that they are not shown. */
export function reportErrorPages(
  pages: readonly (ErrorPage | undefined)[],
  at: string,
  report: Report,
): void {
  for (const [index, page] of pages.entries()) {
    const place = `${at}[${index}]`;
    if ((page?.return === undefined) === (page?.redirect === undefined))
      requires(report, place, "must specify exactly one of `redirect` or `return`");
    const codes = page?.codes ?? [];
    if (codes.length === 0)
      requires(report, `${place}.codes`, "must include at least 1 status code in `codes`");
    for (const [position, code] of codes.entries()) {
      if (code < 300 || code > 599)
        refuses(
          report,
          `${place}.codes[${position}]`,
          code,
          "must be between 300 and 599, inclusive",
        );
    }
  }
  if (pages.length === 0) return;
  warns(report, at, {
    reason: "ErrorPagesNotShown",
    message: "clients get the upstream's own answers instead of these pages",
    advice: "have the upstream answer so itself",
  });
}
