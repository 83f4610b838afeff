/** Rules of a Policy that tell browsers to keep to HTTPS. */

import { err, ok, type Result } from "#base/result.ts";
import type { Policy } from "#kinds/nginx/policy.ts";
import type { Condition } from "#model/condition.ts";
import type { Route } from "#model/route.ts";
import { withAnswerHeaders } from "../routes/answer-headers.ts";

type PolicySpec = NonNullable<Policy["spec"]>;

const header = "strict-transport-security";
const defaultMaxAge = 2_592_000;
const overHttps: Condition = { subject: { kind: "scheme" }, value: "https" };

/** What the rule says to browsers; else why it cannot be applied, as the end of a sentence about the Policy. */
export function hsts({ hsts: rule = {} }: PolicySpec): Result<string, string> {
  const { maxAge = defaultMaxAge, includeSubDomains, preload } = rule;
  if (maxAge < 0) return err(`is invalid: spec.hsts.maxAge: Invalid value: ${maxAge}`);
  const parts = [
    `max-age=${maxAge}`,
    ...(includeSubDomains === true ? ["includeSubDomains"] : []),
    ...(preload === true ? ["preload"] : []),
  ];
  return ok(parts.join("; "));
}

/** Whether a client came over HTTPS is known of the connection, or by a proxy before us that is trusted. */
export function tellStrictTransport(routes: readonly Route[], value: string): readonly Route[] {
  return routes.flatMap((route) => [
    withAnswerHeaders({ ...route, conditions: [...(route.conditions ?? []), overHttps] }, [
      { kind: "set", name: header, value },
    ]),
    route,
  ]);
}
