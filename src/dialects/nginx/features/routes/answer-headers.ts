/** Headers that Policies add to the answers of routes, whoever answers. */

import type { HeaderChange } from "#model/header-change.ts";
import type { Route } from "#model/route.ts";

/** A move to another path is no answer that anybody reads. */
export function withAnswerHeaders(route: Route, changes: readonly HeaderChange[]): Route {
  const { action } = route;
  if (action.kind === "move") return route;
  const responseHeaders = [...(action.responseHeaders ?? []), ...changes];
  return { ...route, action: { ...action, responseHeaders } };
}
