/** The routes of a VirtualServer as the locations that F5's controller writes for them (its templates and documentation). */

import type { Condition, Location, Modifier, Pass, Rewrite } from "./location.ts";

export interface Route {
  /** `/a`, `=/a`, `^~/a`, `~ a`, `~* a`. */
  readonly path: string;
  readonly action: Action;
  /** The first whose conditions all hold answers, else the route's own action. */
  readonly matches?: readonly {
    readonly conditions: readonly Condition[];
    readonly action: Action;
  }[];
}

export interface Action {
  readonly upstream: string;
  readonly rewritePath?: string;
}

/**
 * The locations of all routes, those of each route's matches behind them. The controller makes patterns of paths without
 * quoting them.
 */
export function locationsOf(
  routes: readonly Route[],
  quote: (path: string) => string = (path) => path,
): readonly Location[] {
  return routes.flatMap(({ path, action, matches = [] }, index) => {
    const { modifier, text } = splitPath(path);
    if (matches.length === 0) return [{ modifier, text, ...plain(modifier, text, action) }];
    const name = (match: number | "default"): string => `/internal_${index}_match_${match}`;
    const inner = (to: string, chosen: Action): Location => ({
      // The controller writes plain prefixes, which a regular expression of the user's could take over.
      modifier: "=",
      text: to,
      internal: true,
      ...matched(modifier, modifier.startsWith("~") ? text : quote(text), chosen),
    });
    return [
      {
        modifier,
        text,
        outcome: {
          kind: "choice",
          cases: matches.map(({ conditions }, match) => ({ conditions, to: name(match) })),
          otherwise: name("default"),
        },
      },
      ...matches.map((match, number) => inner(name(number), match.action)),
      inner(name("default"), action),
    ];
  });
}

/** What stands in front of a path, and the rest. */
export function splitPath(path: string): { readonly modifier: Modifier; readonly text: string } {
  const [, modifier = "", text = ""] = /^(=|\^~|~\*|~|)\s*([\s\S]*)$/.exec(path) ?? [];
  return { modifier: modifier as Modifier, text };
}

function plain(
  modifier: Modifier,
  text: string,
  { upstream, rewritePath }: Action,
): Pick<Location, "rewrites" | "outcome"> {
  const pass = { kind: "pass", upstream } as const;
  if (rewritePath === undefined) return { outcome: asItCame(pass) };
  if (!modifier.startsWith("~")) return { outcome: { ...pass, uri: { instead: rewritePath } } };
  return { rewrites: [wholePath(text, rewritePath)], outcome: asItCame(pass) };
}

/** A variable stands in the `proxy_pass` of a match, so nginx replaces nothing there by itself. */
function matched(
  modifier: Modifier,
  text: string,
  { upstream, rewritePath }: Action,
): Pick<Location, "rewrites" | "outcome"> {
  const pass = { kind: "pass", upstream } as const;
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

function asItCame(pass: Pick<Pass, "kind" | "upstream">): Pass {
  return { ...pass, uri: "the client's unless rewritten" };
}
