/** The routes of a VirtualServer as the locations that F5's controller writes for them (its templates and documentation). */

import type {
  Condition,
  Destination,
  ErrorPage,
  Location,
  Modifier,
  Page,
  Pass,
  Redirect,
  Rewrite,
} from "./location.ts";

export interface Route extends Answering {
  /** `/a`, `=/a`, `^~/a`, `~ a`, `~* a`. */
  readonly path: string;
  /** The first whose conditions all hold answers, else the route itself. */
  readonly matches?: readonly (Answering & { readonly conditions: readonly Condition[] })[];
  /** Of all upstreams of the route. */
  readonly errorPages?: readonly ErrorPage[];
}

/** Either one action or several that share the requests. */
export interface Answering {
  readonly action?: Action;
  readonly splits?: readonly Split[];
}

export interface Split {
  readonly weight: number;
  readonly action: Action;
}

export type Action = Forward | Page | Redirect;

/** `pass`, or `proxy` with a rewrite. */
export interface Forward {
  readonly kind?: "forward";
  readonly upstream: string;
  readonly rewritePath?: string;
}

/** All actions of a route, its matches' among them. */
export function actionsOf({ matches = [], ...route }: Route): readonly Action[] {
  return [...matches, route].flatMap(({ action, splits = [] }) =>
    action === undefined ? splits.map((split) => split.action) : [action],
  );
}

/**
 * The locations of all routes, those of each route's matches and splits behind them. The controller makes patterns of paths
 * without quoting them.
 */
export function locationsOf(
  routes: readonly Route[],
  quote: (path: string) => string = (path) => path,
): readonly Location[] {
  return routes.flatMap((route, index) => {
    const { path, matches = [], errorPages } = route;
    const { modifier, text } = splitPath(path);
    const pages = errorPages === undefined ? {} : { errorPages };
    if (matches.length === 0 && route.action !== undefined)
      return [{ modifier, text, ...plain(modifier, text, route.action, pages) }];
    const inner: Location[] = [];
    const pattern = modifier.startsWith("~") ? text : quote(text);
    const place = (action: Action): string => {
      const to = `/internal_${index}_${inner.length}`;
      // The controller writes plain prefixes, which a regular expression of the user's could take over.
      inner.push({
        modifier: "=",
        text: to,
        internal: true,
        ...matched(modifier, pattern, action, pages),
      });
      return to;
    };
    const placeAll = ({ action, splits = [] }: Answering): Destination =>
      action === undefined
        ? splits.map((split) => ({ percent: split.weight, to: place(split.action) }))
        : place(action);
    const cases = matches.map((match) => ({ conditions: match.conditions, to: placeAll(match) }));
    const otherwise = placeAll(route);
    return [{ modifier, text, outcome: { kind: "choice", cases, otherwise } }, ...inner];
  });
}

/** What stands in front of a path, and the rest. */
export function splitPath(path: string): { readonly modifier: Modifier; readonly text: string } {
  const [, modifier = "", text = ""] = /^(=|\^~|~\*|~|)\s*([\s\S]*)$/.exec(path) ?? [];
  return { modifier: modifier as Modifier, text };
}

type Pages = Pick<Pass, "errorPages">;

function plain(
  modifier: Modifier,
  text: string,
  action: Action,
  pages: Pages,
): Pick<Location, "rewrites" | "outcome"> {
  if (action.kind === "page" || action.kind === "redirect") return { outcome: action };
  const { upstream, rewritePath } = action;
  const pass = { kind: "pass", upstream, ...pages } as const;
  if (rewritePath === undefined) return { outcome: asItCame(pass) };
  if (!modifier.startsWith("~")) return { outcome: { ...pass, uri: { instead: rewritePath } } };
  return { rewrites: [wholePath(text, rewritePath)], outcome: asItCame(pass) };
}

/** A variable stands in the `proxy_pass` of a match or split, so nginx replaces nothing there by itself. */
function matched(
  modifier: Modifier,
  text: string,
  action: Action,
  pages: Pages,
): Pick<Location, "rewrites" | "outcome"> {
  if (action.kind === "page" || action.kind === "redirect") return { outcome: action };
  const { upstream, rewritePath } = action;
  const pass = { kind: "pass", upstream, ...pages } as const;
  if (rewritePath === undefined) return { outcome: { ...pass, uri: "the client's" } };
  const again: Rewrite = { pattern: "^", replacement: { kind: "path on the wire" } };
  const change: Rewrite = modifier.startsWith("~")
    ? wholePath(text, rewritePath)
    : { pattern: `^${text}(.*)$`, replacement: `${rewritePath}$1`, flag: "break" };
  return { rewrites: [again, change], outcome: asItCame(pass) };
}

/** Anchored at the start, and with regard to case even where the location has none. */
function wholePath(text: string, rewritePath: string): Rewrite {
  return { pattern: `^${text}`, replacement: rewritePath, flag: "break" };
}

function asItCame(pass: Omit<Pass, "uri">): Pass {
  return { ...pass, uri: "the client's unless rewritten" };
}
