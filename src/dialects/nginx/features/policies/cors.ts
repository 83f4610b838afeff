/** Rules of a Policy that say what pages of other origins may ask. */

import { err, ok, type Result } from "#base/result.ts";
import type { Policy } from "#kinds/nginx/policy.ts";
import type { HeaderChange } from "#model/header-change.ts";
import type { Route } from "#model/route.ts";
import type { Text } from "#model/text.ts";
import { withAnswerHeaders } from "../routes/answer-headers.ts";

type PolicySpec = NonNullable<Policy["spec"]>;

/** What answers say, and those to the question that browsers ask before (Fetch, "CORS-preflight request"). */
export interface CrossOrigin {
  readonly answers: readonly HeaderChange[];
  readonly preflight: readonly HeaderChange[];
}

const origin = /^https?:\/\/(\*\.)?[A-Za-z0-9.-]+(:\d{1,5})?$/;
const token = /^[!#$%&'*+.^_`|~\w-]+$/;

/** What the rule allows; else why it cannot be applied, as the end of a sentence about the Policy. */
export function cors({ cors: rule = {} }: PolicySpec): Result<CrossOrigin, string> {
  const { allowOrigin = [], allowMethods = [], allowHeaders = [], exposeHeaders = [] } = rule;
  const { allowCredentials = false, maxAge } = rule;
  const isAny = allowOrigin.includes("*");
  const strange = allowOrigin.find((text) => text !== "*" && !origin.test(text));
  if (strange !== undefined)
    return invalid("allowOrigin", strange, "must be `*` or an origin such as https://example.com");
  if (isAny && allowOrigin.length > 1)
    return invalid("allowOrigin", "*", "must be the only origin");
  if (isAny && allowCredentials)
    return invalid("allowCredentials", "true", "is not possible for every origin");
  const names = [...allowMethods, ...allowHeaders, ...exposeHeaders];
  const noToken = names.find((name) => !token.test(name));
  if (noToken !== undefined) return invalid("allowHeaders", noToken, "must be a name");
  const allowed: Text = isAny ? "*" : [{ kind: "origin-among", origins: allowOrigin }];
  const answers = [
    ...set("access-control-allow-origin", allowOrigin.length === 0 ? "" : allowed),
    ...set("access-control-allow-credentials", allowCredentials ? "true" : ""),
    ...set("access-control-expose-headers", exposeHeaders.join(", ")),
    ...(isAny ? [] : [{ kind: "add", name: "vary", value: "Origin" } as const]),
  ];
  const preflight = [
    ...answers,
    ...set("access-control-allow-methods", allowMethods.join(", ")),
    ...set("access-control-allow-headers", allowHeaders.join(", ")),
    ...set("access-control-max-age", maxAge === undefined ? "" : String(maxAge)),
  ];
  return ok({ answers, preflight });
}

/** What a browser asks beforehand carries no papers, so it is answered before anybody is asked for them. */
export function allowOrigins(
  routes: readonly Route[],
  { answers, preflight }: CrossOrigin,
): readonly Route[] {
  return routes.flatMap((route) => {
    const { match, conditions = [], drawBelow, origin: place } = route;
    return [
      {
        match,
        conditions: [...conditions, { subject: { kind: "method" }, value: "OPTIONS" }],
        ...(drawBelow === undefined ? {} : { drawBelow }),
        action: { kind: "respond", status: 204, responseHeaders: preflight },
        origin: place,
      },
      withAnswerHeaders(route, answers),
    ];
  });
}

function set(name: string, value: Text): readonly HeaderChange[] {
  return value === "" ? [] : [{ kind: "set", name, value }];
}

function invalid(
  field: string,
  value: string,
  detail: string,
): { readonly ok: false; readonly error: string } {
  return err(`is invalid: spec.cors.${field}: Invalid value: ${JSON.stringify(value)}: ${detail}`);
}
