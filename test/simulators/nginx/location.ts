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
  readonly outcome: Pass | Choice | Reply;
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
  /** `proxy_intercept_errors on;` and an `error_page` for each; the first that is for a status counts. */
  readonly errorPages?: readonly ErrorPage[];
}

export interface ErrorPage {
  readonly codes: readonly number[];
  readonly reply: (Omit<Page, "code"> & { readonly code?: number }) | Redirect;
}

/** `proxy_pass` to a server that answers all with 418, and `error_page 418 =CODE …`: so F5's controller has it. */
export type Reply = Page | Redirect;

/** `=CODE @name`, and the body behind that name. */
export interface Page {
  readonly kind: "page";
  /** Of an error page without one: that of the error. */
  readonly code: number;
  /** With variables such as `${scheme}`. */
  readonly body: string;
}

/** `=CODE "url"` */
export interface Redirect {
  readonly kind: "redirect";
  readonly code: number;
  /** With variables such as `${scheme}`. */
  readonly url: string;
}

/** `rewrite ^ $variable last;` with the variable from maps: the first case whose conditions all hold, else `otherwise`. */
export interface Choice {
  readonly kind: "choice";
  readonly cases: readonly {
    readonly conditions: readonly Condition[];
    readonly to: Destination;
  }[];
  readonly otherwise: Destination;
}

/** A location, or `split_clients $request_id`, whose parts are a hundred together. */
export type Destination = string | readonly { readonly percent: number; readonly to: string }[];

/** A line of a map: `"value" 1; default 0;`, or the other way round when `not`. */
export interface Condition {
  readonly of: "header" | "cookie" | "argument" | "variable";
  readonly name: string;
  readonly value: string;
  readonly not?: true;
}
