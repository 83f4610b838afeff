/** Hosts with routes as the objects that say so: a VirtualServer each, and the Services of all. */

import type { JsonObject } from "#base/json.ts";
import type { KubeObject } from "#kinds/object.ts";
import { storedObject } from "#test/documents/stored-object.ts";
import type { Condition } from "#test/simulators/nginx/location.ts";
import type { Action, Route } from "#test/simulators/nginx/virtual-server.ts";

export interface RoutedHost {
  readonly name: string;
  readonly routes: readonly Route[];
}

/** `ports`: of the one endpoint of each upstream, on loopback. */
export function objectsOf(
  hosts: readonly RoutedHost[],
  ports: Readonly<Record<string, number>>,
): readonly KubeObject[] {
  const upstreams = Object.keys(ports).map((name) => ({ name, service: name, port: 80 }));
  const servers = hosts.map(({ name, routes }) => ({
    apiVersion: "k8s.nginx.org/v1",
    kind: "VirtualServer",
    metadata: { name: name.replaceAll(".", "-") },
    spec: { host: name, upstreams, routes: routes.map(formatRoute) },
  }));
  const services = Object.entries(ports).flatMap(([name, port]) => [
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name },
      spec: { ports: [{ port: 80, targetPort: port }] },
    },
    {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: { name, labels: { "kubernetes.io/service-name": name } },
      addressType: "IPv4",
      ports: [{ port }],
      endpoints: [{ addresses: ["127.0.0.1"] }],
    },
  ]);
  return [...servers, ...services].map((manifest) => storedObject(manifest as JsonObject));
}

function formatRoute({ path, action, matches }: Route): object {
  return {
    path,
    action: formatAction(action),
    ...(matches !== undefined && {
      matches: matches.map(({ conditions, action: own }) => ({
        conditions: conditions.map(formatCondition),
        action: formatAction(own),
      })),
    }),
  };
}

function formatAction({ upstream, rewritePath }: Action): object {
  return rewritePath === undefined ? { pass: upstream } : { proxy: { upstream, rewritePath } };
}

function formatCondition({ of, name, value, not }: Condition): object {
  return {
    [of]: of === "variable" ? `$${name}` : name,
    value: `${not === undefined ? "" : "!"}${value}`,
  };
}
