/** nginx's words for a server that proxies: locations, rewrites, maps. Texts are UTF-8, as in a configuration file. */

/** `""` is the plain prefix. */
export type Modifier = "" | "=" | "^~" | "~" | "~*";

export interface Location {
  readonly modifier: Modifier;
  readonly text: string;
  /** `internal`: takes only requests that a rewrite sends here. */
  readonly internal?: true;
  /** Run in order. */
  readonly rewrites?: readonly Rewrite[];
  readonly outcome: Pass | Choice;
}

/** `rewrite "pattern" "replacement" flag;` */
export interface Rewrite {
  readonly pattern: string;
  /** With `$1` to `$9`; or the path of the request as it was on the wire. */
  readonly replacement: string | { readonly kind: "path on the wire" };
  /** Absent: goes on with the next rewrite, then looks for a location again. */
  readonly flag?: "break";
}

/** `proxy_pass`. */
export interface Pass {
  readonly kind: "pass";
  readonly upstream: string;
  /**
   * What goes to the upstream: `http://upstream` sends what the client sent, unless a rewrite changed it; with a URI
   * behind it, that in the place of the location's text; `http://upstream$request_uri` what the client sent in any case.
   */
  readonly uri: "the client's unless rewritten" | "the client's" | { readonly instead: string };
}

/** `rewrite ^ $variable last;` with the variable from maps: the first case whose conditions all hold, else `otherwise`. */
export interface Choice {
  readonly kind: "choice";
  readonly cases: readonly { readonly conditions: readonly Condition[]; readonly to: string }[];
  readonly otherwise: string;
}

/** A line of a map: `"value" 1; default 0;`, or the other way round when `not`. */
export interface Condition {
  readonly of: "header" | "cookie" | "argument" | "variable";
  readonly name: string;
  readonly value: string;
  readonly not?: true;
}
