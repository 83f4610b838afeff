/** Seeds a fault into one step of the real flow. */

import type { CertificateUse, Fragment, HostRules } from "#model/fragment.ts";
import type { PathMatch, Route } from "#model/route.ts";
import type { VirtualHost } from "#model/virtual-host.ts";
import type { TestGateSettings } from "../../system/harness/test-gate.ts";

export type Steps = Parameters<NonNullable<TestGateSettings["steps"]>>[0];
export type World = Parameters<Steps["translate"]>[2];

/** What makes one step of a gate's flow wrong. */
export type Fault = Pick<TestGateSettings, "certificates" | "layout" | "steps">;

export function inSteps(change: (steps: Steps) => Partial<Steps>): Fault {
  return { steps: (real) => ({ ...real, ...change(real) }) };
}

export function inFragments(change: (fragment: Fragment) => Fragment): Fault {
  return inSteps((steps) => ({
    translate: (dialect, object, world) => change(steps.translate(dialect, object, world)),
  }));
}

export function inRules(change: (rules: readonly HostRules[]) => readonly HostRules[]): Fault {
  return inFragments((fragment) => ({ ...fragment, rules: change(fragment.rules) }));
}

export function inRoutes(change: (route: Route) => Route): Fault {
  return inFragments((fragment) => ({
    ...fragment,
    rules: fragment.rules.map((rule) => ({ ...rule, routes: rule.routes.map(change) })),
    ...(fragment.fallback !== undefined && { fallback: change(fragment.fallback) }),
  }));
}

export function inMatches(change: (match: PathMatch) => PathMatch): Fault {
  return inRules((rules) =>
    rules.map((rule) => ({
      ...rule,
      routes: rule.routes.map((route) => ({ ...route, match: change(route.match) })),
    })),
  );
}

export function inCertificates(change: (use: CertificateUse) => CertificateUse): Fault {
  return inFragments((fragment) => ({
    ...fragment,
    certificates: fragment.certificates.map(change),
  }));
}

export function inVirtualHosts(change: (host: VirtualHost) => readonly Route[]): Fault {
  return inSteps((steps) => ({
    virtualHost: (gateway, name) => {
      const host = steps.virtualHost(gateway, name);
      return { ...host, routes: change(host) };
    },
  }));
}
