/** Where Envoy reads a request otherwise than nginx: how it does, and the list of all such differences. */

import { normalizePath } from "#test/simulators/ingress/request-path.ts";
import { isReadable, withoutLastSpaces } from "#test/simulators/nginx/request-target.ts";
import { actionsOf, type Route } from "#test/simulators/nginx/virtual-server.ts";
import type { Reading, Request } from "#test/simulators/nginx-locations.ts";

/** What locations are compared with, and what goes upstream: the path as Envoy normalises it, escapes left as they are. */
export const envoyReading: Reading = {
  parse: (request) => {
    const target = withoutLastSpaces(request.target);
    const path = pathOf(target);
    const isOdd = /[\x80-\xff#]/.test(target) || path.includes("%00") || otherScheme.test(target);
    if (!isReadable(target) || isOdd) {
      return { kind: "status", status: 400 };
    }
    const query = target.slice(beforeQuery(target).length);
    const normal = normalizePath(escapeForbidden(path));
    return { onTheWire: normal + query, path: normal, args: query.slice(1), query, encoded: false };
  },
  escape: (path) => path,
  searchesAgain: false,
};

const otherScheme = /^(?!https?:)[A-Za-z][\w+.-]*:\/\//i;

/** A path taken as text by the engine of patterns. */
export function quotePattern(path: string): string {
  return path.replaceAll(/[.+*?()[\]{}|^$\\]/g, "\\$&");
}

/** A query may hold anything, also what looks like a path. */
function beforeQuery(target: string): string {
  return target.replace(/[?#][\s\S]*$/, "");
}

function pathOf(target: string): string {
  return beforeQuery(target).replace(/^[A-Za-z][\w+.-]*:\/\/[^/]*/, "");
}

/** RFC 3986 has no place for these in a path; a backslash counts as a slash (WHATWG URL, "path state"). */
function escapeForbidden(path: string): string {
  return path
    .replaceAll("\\", "/")
    .replaceAll(
      /["<>^`{|}]/g,
      (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
    );
}

/** A way up that only an escaped slash, or `;`, hides may be answered with 403, whatever the routes say. */
export function hidesClimb({ target }: Request): boolean {
  return /(%2f|%5c)(\.|%2e){2}|(\.|%2e){2}(%2f|%5c|;)/i.test(pathOf(target));
}

/** Each difference by what a reader should know, and which requests it is about. */
export const explained: Readonly<
  Record<string, (request: Request, routes: readonly Route[]) => boolean>
> = {
  "upstreams get the path with dot segments resolved and slashes merged, where nginx passes on what the client wrote; an empty segment is one that `..` leaves, dots stay dots before `;`, and nobody gets above the root, where nginx answers 400":
    ({ target }) =>
      /\/\/|\\|\/(\.|%2e){1,2}(\/|\\|%2f|;|$)/i.test(pathOf(withoutLastSpaces(target))),
  "escapes are compared as they are written, except those of letters, digits and `-._~`, and upstreams get them so, where nginx compares and rewrites what they stand for; `%` without two digits is a character, where nginx answers 400":
    ({ target }) => pathOf(target).includes("%"),
  "bytes above ASCII and fragments are answered with 400, where nginx takes them": ({ target }) =>
    /[\x80-\xff#]/.test(target),
  "a URL whose scheme is not HTTP's is answered with 400, where nginx takes any": ({ target }) =>
    otherScheme.test(target),
  "characters that no URL may hold are escaped, where nginx passes them on": ({ target }) =>
    /["<>\\^`{|}]/.test(pathOf(target)),
  "a request line of more than 8 KiB is served, where nginx answers 414": ({ target }) =>
    target.length > 8_000,
  "an empty query stays behind a path that was rewritten, where nginx drops it": ({ target }) =>
    /^[^?]*\?$/.test(target),
  "behind matches and splits a rewrite replaces the path as text and only where it fits, where the controller has nginx take it as a pattern, escape what is escaped, and look for the location again until it answers 500":
    (_, routes) =>
      routes.some(
        (route) =>
          (route.matches !== undefined || route.splits !== undefined) &&
          actionsOf(route).some(
            (action) => "upstream" in action && action.rewritePath !== undefined,
          ),
      ),
};
