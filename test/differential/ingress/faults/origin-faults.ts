/**
 * Faults in saying which line decided, each seeded into one step of the real flow: all answers stay right, and `explain`
 * or the access log must show it.
 */

import {
  type Fault,
  inCertificates,
  inRoutes,
  inRules,
  inVirtualHosts,
} from "../../harness/seeding.ts";

/** Each fault by a sentence that says what is then told. */
export const originFaults: Readonly<Record<string, Fault>> = {
  "names the Ingress, not the field, as what decided": inRoutes((route) => ({
    ...route,
    origin: { ...route.origin, path: "spec" },
  })),
  "names the first path of a host for all of them": inRules((rules) =>
    rules.map((rule) => ({
      ...rule,
      routes: rule.routes.map((route) => ({
        ...route,
        origin: rule.routes[0]?.origin ?? route.origin,
      })),
    })),
  ),
  "names the next rule to Envoy, and the right one to explain": inVirtualHosts(({ routes }) =>
    routes.map((route, index) => ({
      ...route,
      origin: routes[(index + 1) % routes.length]?.origin ?? route.origin,
    })),
  ),
  "names the list of certificates, not the entry": inCertificates((use) => ({
    ...use,
    origin: { ...use.origin, path: "spec.tls" },
  })),
  "names another owner of a host": inRules((rules) =>
    rules.map((rule) => ({ ...rule, origin: { ...rule.origin, path: "spec.rules" } })),
  ),
};
