/** Faults that a translator of Ingress could have, each seeded into one step of the real flow: the answers must show all. */

import type { EndpointSlice } from "#kinds/endpoint-slice.ts";
import { endpointSliceKind } from "#kinds/endpoint-slice.ts";
import { ingressClassKind } from "#kinds/ingress-class.ts";
import type { Known } from "#kinds/kind.ts";
import { type Service, serviceKind } from "#kinds/service.ts";
import type { Action } from "#model/action.ts";
import type { CertificateUse } from "#model/fragment.ts";
import type { Host } from "#model/host.ts";
import { anyHost, formatHost } from "#model/host.ts";
import type { PathMatch, Route } from "#model/route.ts";
import {
  type Fault,
  inCertificates,
  inFragments,
  inMatches,
  inRoutes,
  inRules,
  inSteps,
  inVirtualHosts,
  type World,
} from "../../harness/seeding.ts";

type ServiceSpec = NonNullable<Service["spec"]>;

/** Each fault by a sentence that says what the translator then does. */
export const answerFaults: Readonly<Record<string, Fault>> = {
  "takes Exact for Prefix": inMatches((match) =>
    match.kind === "exact" && match.path !== "/" ? segments(match.path) : match,
  ),
  "takes Prefix for Exact": inMatches((match) =>
    match.kind === "segments" ? { kind: "exact", path: match.path } : match,
  ),
  "takes Prefix by letters, not by segments": inMatches((match) =>
    match.kind === "segments" ? { kind: "prefix", path: match.path } : match,
  ),
  "wants a slash behind every Prefix": inMatches((match) =>
    match.kind === "segments" ? { kind: "prefix", path: `${match.path}/` } : match,
  ),
  "drops the final slash of Exact paths": inMatches((match) =>
    match.kind === "exact" && match.path.length > 1
      ? { kind: "exact", path: match.path.replace(/\/$/, "") }
      : match,
  ),
  "lowers the case of paths": inMatches((match) =>
    match.kind === "regex" ? match : { ...match, path: match.path.toLowerCase() },
  ),
  "tries the shortest path first": inVirtualHosts(({ routes }) => [
    ...routes.slice(0, -1).toReversed(),
    ...routes.slice(-1),
  ]),
  "tries Prefix before Exact": inVirtualHosts(({ routes }) => {
    const exact = routes.filter(({ match }) => match.kind === "exact");
    const others = routes.filter(({ match }) => match.kind !== "exact");
    return [...others.slice(0, -1), ...exact, ...others.slice(-1)];
  }),
  "lets the youngest win": inFragments((fragment) => ({
    ...fragment,
    seniority: {
      ...fragment.seniority,
      creationTimestamp: mirrored(fragment.seniority.creationTimestamp),
    },
  })),
  "lets the last name win among equals": inFragments((fragment) => ({
    ...fragment,
    seniority: { ...fragment.seniority, name: mirrored(fragment.seniority.name) },
  })),
  "ignores creation times": inFragments((fragment) => ({
    ...fragment,
    seniority: { ...fragment.seniority, creationTimestamp: "" },
  })),
  "lets the last path of one Ingress win": inRules((rules) =>
    rules.map((rule) => ({ ...rule, routes: rule.routes.toReversed() })).toReversed(),
  ),
  "gives a wildcard host many labels": inRules((rules) =>
    rules.map((rule) => ({ ...rule, host: manyLabels(rule.host) })),
  ),
  "gives a wildcard host its bare suffix": inRules((rules) =>
    rules.flatMap((rule) =>
      rule.host.kind === "wildcard"
        ? [rule, { ...rule, host: { kind: "exact", name: rule.host.suffix } }]
        : [rule],
    ),
  ),
  "lets a host fall back to the rules for every host": inSteps((steps) => ({
    virtualHost: (gateway, host) => {
      const own = steps.virtualHost(gateway, host);
      const wide = host === formatHost(anyHost) ? own : steps.virtualHost(gateway, "*");
      return { ...own, routes: [...own.routes.slice(0, -1), ...wide.routes] };
    },
  })),
  "claims no host for a rule without paths": inRules((rules) =>
    rules.filter(({ routes }) => routes.length > 0),
  ),
  "ignores which port a backend names": inSteps((steps) => ({
    endpoints: (backend, world) => steps.endpoints({ ...backend, port: 80 }, world),
  })),
  "mixes up the names of a Service's ports": inSteps((steps) => ({
    translate: (dialect, object, world) =>
      steps.translate(dialect, object, withServices(world, renamedPorts)),
  })),
  "answers 404 where nobody is ready": inRoutesOfNobody(() => [{ kind: "respond", status: 404 }]),
  "passes over rules whose Service has nobody ready": inRoutesOfNobody(() => []),
  "sends what is for an ExternalName Service to nobody": inSteps((steps) => ({
    endpoints: (backend, world) => {
      const verdict = steps.endpoints(backend, world);
      return { ...verdict, endpoints: { ...verdict.endpoints, names: [] } };
    },
  })),
  "takes an ExternalName Service for one with endpoints": inSteps((steps) => ({
    endpoints: (backend, world) => steps.endpoints(backend, withServices(world, inside)),
  })),
  "sends to pods that are not ready": inSteps((steps) => ({
    endpoints: (backend, world) => steps.endpoints(backend, everybodyReady(world)),
  })),
  "forgets one slice of a Service": inSteps((steps) => ({
    endpoints: (backend, world) =>
      steps.endpoints(backend, {
        ...world,
        filed: (index, key) => new Set([...world.filed(index, key)].slice(1)),
      }),
  })),
  "looks for Services in namespace default": inRoutes((route) =>
    route.action.kind === "forward"
      ? {
          ...route,
          action: { ...route.action, backend: { ...route.action.backend, namespace: "default" } },
        }
      : route,
  ),
  "serves the classes of other controllers": inSteps((steps) => ({
    translate: (dialect, object, world) =>
      steps.translate(dialect, object, {
        ...world,
        get: (kind, namespace, name) =>
          kind.id === ingressClassKind.id ? undefined : world.get(kind, namespace, name),
      }),
  })),
  "keeps a default backend to the hosts of its Ingress": inFragments(({ fallback, ...rest }) =>
    fallback === undefined
      ? rest
      : {
          ...rest,
          rules: rest.rules.map((rule) => ({ ...rule, routes: [...rule.routes, fallback] })),
        },
  ),
  "forgets default backends": inFragments(({ fallback: _, ...rest }) => rest),
  "answers a missing Secret with a wider certificate": inSteps((steps) => ({
    translate: (dialect, object, world) => {
      const fragment = steps.translate(dialect, object, world);
      const isUsable = ({ secret }: CertificateUse): boolean =>
        world.certificate(secret).state === "usable";
      return { ...fragment, certificates: fragment.certificates.filter(isUsable) };
    },
  })),
  "reads Secrets from namespace default": inCertificates((use) => ({
    ...use,
    secret: { ...use.secret, namespace: "default" },
  })),
  "gives a wildcard certificate one label": inCertificates((use) => ({
    ...use,
    host: use.host.kind === "wildcard" ? { ...use.host, labels: "one" } : use.host,
  })),
  "forgets the certificate for every name": inFragments((fragment) => ({
    ...fragment,
    certificates: fragment.certificates.filter(({ host }) => host.kind !== "any"),
  })),
  "lets every connection carry every host": {
    layout: (real) => ({ ...real, guard: () => ({ kind: "open" }) }),
  },
  "lets every connection carry every host, with certificates on demand": {
    certificates: "on-demand",
    layout: (real) => ({ ...real, guard: () => ({ kind: "open" }) }),
  },
  "takes a server name's wildcard for nobody's, with certificates on demand": {
    certificates: "on-demand",
    layout: (real) => ({ ...real, byServerName: false }),
  },
  "misdirects every host of a wildcard certificate": inSteps((steps) => ({
    virtualHost: (gateway, host) => {
      const { certificateGroup, ...rest } = steps.virtualHost(gateway, host);
      const kept = rest.host.kind === "exact" && certificateGroup !== undefined;
      return kept ? { ...rest, certificateGroup } : rest;
    },
  })),
};

function segments(path: string): PathMatch {
  return { kind: "segments", path: path.replace(/\/$/, "") };
}

function manyLabels(host: Host): Host {
  return host.kind === "wildcard" ? { ...host, labels: "many" } : host;
}

function mirrored(text: string): string {
  return [...text].map((character) => String.fromCharCode(0x7f - character.charCodeAt(0))).join("");
}

function withServices(world: World, change: (spec: ServiceSpec) => ServiceSpec): World {
  return {
    ...world,
    get: (kind, namespace, name) => {
      const known = world.get(kind, namespace, name);
      if (known?.value === undefined || kind.id !== serviceKind.id) return known;
      const { spec } = (known as Known<unknown> as Known<Service>).value ?? {};
      return spec === undefined
        ? known
        : { ...known, value: { ...known.value, spec: change(spec) } };
    },
  };
}

function renamedPorts({ ports = [], ...spec }: ServiceSpec): ServiceSpec {
  const names = ports.map(({ name }) => name);
  const renamed = ports.map(({ name: _, ...port }, index) => {
    const name = names[(index + 1) % names.length];
    return { ...port, ...(name !== undefined && { name }) };
  });
  return { ...spec, ports: renamed };
}

function inside({ externalName: _, ...spec }: ServiceSpec): ServiceSpec {
  return { ...spec, type: "ClusterIP" };
}

function inRoutesOfNobody(change: () => readonly Action[]): Fault {
  return inSteps((steps) => ({
    translate: (dialect, object, world) => {
      const fragment = steps.translate(dialect, object, world);
      const changed = (route: Route): readonly Route[] => {
        if (route.action.kind !== "forward") return [route];
        const { endpoints } = steps.endpoints(route.action.backend, world);
        if (endpoints.names.length > 0 || endpoints.addresses.length > 0) return [route];
        return change().map((action) => ({ ...route, action }));
      };
      const rules = fragment.rules.map((rule) => ({
        ...rule,
        routes: rule.routes.flatMap(changed),
      }));
      return { ...fragment, rules };
    },
  }));
}

function everybodyReady(world: World): World {
  return {
    ...world,
    get: (kind, namespace, name) => {
      const known = world.get(kind, namespace, name);
      if (known?.value === undefined || kind.id !== endpointSliceKind.id) return known;
      const slice = (known as Known<unknown> as Known<EndpointSlice>).value;
      const endpoints = slice?.endpoints?.map((one) => ({ ...one, conditions: { ready: true } }));
      return { ...known, value: { ...known.value, endpoints } };
    },
  };
}
