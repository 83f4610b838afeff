/** Routes whose way is barred → the same route configuration with 503 in their place. */

import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import type { Route } from "#gen/envoy/config/route/v3/route_components_pb.ts";
import {
  DirectResponseActionSchema,
  RouteMatchSchema,
  RouteSchema,
} from "#gen/envoy/config/route/v3/route_components_pb.ts";
import type { RouteConfiguration } from "#gen/envoy/config/route/v3/route_pb.ts";
import { RouteConfigurationSchema } from "#gen/envoy/config/route/v3/route_pb.ts";
import { encodeResource } from "../encode.ts";
import type { Resource } from "../resource.ts";

/** The cluster a route leads to; undefined when it answers by itself. */
function clusterOf({ action }: Route): string | undefined {
  if (action.case !== "route") return undefined;
  const { clusterSpecifier } = action.value;
  return clusterSpecifier.case === "cluster" ? clusterSpecifier.value : undefined;
}

/** The object that asked for a route: `formatOrigin` without the path. */
export function objectOfRoute(routeName: string): string {
  return routeName.split(" ", 1)[0] ?? "";
}

/** The objects that routes of this resource come from. */
export function objectsIn(routes: Resource): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  for (const { routes: all } of read(routes).virtualHosts) {
    for (const route of all) {
      const object = objectOfRoute(route.name);
      texts.set(
        object,
        `${texts.get(object) ?? ""}${Buffer.from(toBinary(RouteSchema, route)).toString("base64")} `,
      );
    }
  }
  return texts;
}

/** 503 for the routes that lead to one of these clusters; what protects them stays. */
export function withoutClusters(routes: Resource, missing: ReadonlySet<string>): Resource {
  return close(routes, (route) => {
    const cluster = clusterOf(route);
    return cluster !== undefined && missing.has(cluster);
  });
}

/** 503 for the routes that an object asked for, the guard against misdirected requests excepted. */
export function withoutObject(routes: Resource, object: string): Resource {
  return close(routes, (route) => objectOfRoute(route.name) === object && !isGuard(route));
}

/** 503 for the whole host. */
export function closeHost(routes: Resource): Resource {
  const message = read(routes);
  for (const virtualHost of message.virtualHosts) {
    const name = virtualHost.routes.find((route) => !isGuard(route))?.name ?? virtualHost.name;
    const match = create(RouteMatchSchema, { pathSpecifier: { case: "prefix", value: "/" } });
    virtualHost.routes = [create(RouteSchema, { name, match, action: unavailable() })];
  }
  return written(routes, message);
}

function isGuard({ action }: Route): boolean {
  return action.case === "directResponse" && action.value.status === 421;
}

/** A closed route takes what it took, so that no other one takes it instead. */
function close(routes: Resource, isClosed: (route: Route) => boolean): Resource {
  const message = read(routes);
  for (const virtualHost of message.virtualHosts) {
    virtualHost.routes = virtualHost.routes.map((route) =>
      isClosed(route)
        ? // Only name and match are left: what else it was told to do may be what Envoy refuses.
          create(RouteSchema, { name: route.name, ...matchOf(route), action: unavailable() })
        : route,
    );
  }
  return written(routes, message);
}

function matchOf({ match }: Route): Pick<Route, "match"> {
  return match === undefined ? {} : { match };
}

function unavailable(): Route["action"] {
  const value = create(DirectResponseActionSchema, { status: 503 });
  return { case: "directResponse", value };
}

function read(routes: Resource): RouteConfiguration {
  return fromBinary(RouteConfigurationSchema, routes.bytes);
}

function written({ name, needs = [], ...others }: Resource, message: RouteConfiguration): Resource {
  const led = new Set(message.virtualHosts.flatMap((host) => host.routes.map(clusterOf)));
  const { uses = [], protections = [] } = others;
  return encodeResource(
    {
      ...{ type: "routes", name, uses, protections },
      needs: needs.filter((need) => need.type !== "cluster" || led.has(need.name)),
    },
    RouteConfigurationSchema,
    message,
  );
}
