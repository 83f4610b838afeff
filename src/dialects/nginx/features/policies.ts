/** Policies that a server or a route refers to. */

import type { PolicyReference } from "#kinds/nginx/route.ts";
import type { Route } from "#model/route.ts";
import type { World } from "../../dialect.ts";
import { checkName, isLabel, isSubdomain } from "../names.ts";
import { type Report, refuses, refusesTwice, warns } from "../report.ts";
import { broken } from "./action.ts";

/** One place that refers to policies. */
export interface PolicyScope {
  readonly references: readonly (PolicyReference | undefined)[];
  /** `spec.policies`, `spec.routes[0].policies`. */
  readonly at: string;
  readonly report: Report;
}

/** What becomes of the routes that policies are for. */
export type Protection = (routes: readonly Route[]) => readonly Route[];

/**
 * What the policies of a server and of one of its routes do to that route; of one kind, the route's go before the
 * server's. What cannot be applied keeps everybody out: no rule of a Policy is known here, so its routes answer 500.
 */
export function protectionOf(server: PolicyScope, route: PolicyScope, _world: World): Protection {
  const isOpen = [server, route].every(({ references }) => references.length === 0);
  if (isOpen) return (routes) => routes;
  return (routes) => routes.map((one) => ({ ...one, action: broken }));
}

/** Complains about references that are none, and says of the others what becomes of their routes. */
export function checkPolicies({ references, at, report }: PolicyScope): void {
  const seen = new Set<string>();
  for (const [index, reference] of references.entries()) {
    const place = `${at}[${index}]`;
    const name = checkName(reference?.name, `${place}.name`, report, isSubdomain);
    const own = report.origin.namespace;
    const namespace =
      reference?.namespace === undefined || reference.namespace === "" ? own : reference.namespace;
    if (!isLabel(namespace))
      refuses(report, `${place}.namespace`, namespace, "must be the name of a namespace");
    if (name === undefined) continue;
    const key = `${namespace}/${name}`;
    if (seen.has(key)) refusesTwice(report, place, key);
    seen.add(key);
    warns(report, place, {
      reason: "PolicyNotApplied",
      message: `Policy ${key} is missing or invalid: no policy is applied here; requests get 500`,
      advice: "remove the reference, if what it refers to is open to everybody",
    });
  }
}
