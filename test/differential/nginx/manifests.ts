/** Hosts with routes as the objects that say so: a VirtualServer each, and the Services of all. */

import type { JsonObject } from "#base/json.ts";
import type { KubeObject } from "#kinds/object.ts";
import { storedObject } from "#test/documents/stored-object.ts";
import type { Condition, ErrorPage } from "#test/simulators/nginx/location.ts";
import type { Action, Answering, Route } from "#test/simulators/nginx/virtual-server.ts";

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

function formatRoute({ path, matches, errorPages, ...route }: Route): object {
  return {
    path,
    ...formatAnswering(route),
    ...(matches !== undefined && {
      matches: matches.map(({ conditions, ...answering }) => ({
        conditions: conditions.map(formatCondition),
        ...formatAnswering(answering),
      })),
    }),
    ...(errorPages !== undefined && { errorPages: errorPages.map(formatErrorPage) }),
  };
}

function formatAnswering({ action, splits = [] }: Answering): object {
  if (action !== undefined) return { action: formatAction(action) };
  return {
    splits: splits.map(({ weight, action: one }) => ({ weight, action: formatAction(one) })),
  };
}

function formatAction(action: Action): object {
  if (action.kind === "page" || action.kind === "redirect") return formatReply(action);
  const { upstream, rewritePath } = action;
  return rewritePath === undefined ? { pass: upstream } : { proxy: { upstream, rewritePath } };
}

function formatErrorPage({ codes, reply }: ErrorPage): object {
  return { codes, ...formatReply(reply) };
}

function formatReply({ kind, ...reply }: ErrorPage["reply"]): object {
  return kind === "page" ? { return: reply } : { redirect: reply };
}

function formatCondition({ of, name, value, not }: Condition): object {
  return {
    [of]: of === "variable" ? `$${name}` : name,
    value: `${not === undefined ? "" : "!"}${value}`,
  };
}
