/** One more builder that makes of some resources what Envoy refuses: of those whose manifests hold the word for it. */

import {
  create,
  type DescMessage,
  fromBinary,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import { resourceOf } from "#envoy/encode.ts";
import type { Resource } from "#envoy/resource.ts";
import { ClusterSchema } from "#gen/envoy/config/cluster/v3/cluster_pb.ts";
import { ClusterLoadAssignmentSchema } from "#gen/envoy/config/endpoint/v3/endpoint_pb.ts";
import { ListenerSchema } from "#gen/envoy/config/listener/v3/listener_pb.ts";
import {
  DirectResponseActionSchema,
  RouteMatchSchema,
  RouteSchema,
} from "#gen/envoy/config/route/v3/route_components_pb.ts";
import { RouteConfigurationSchema } from "#gen/envoy/config/route/v3/route_pb.ts";
import { ScopedRouteConfigurationSchema } from "#gen/envoy/config/route/v3/scoped_route_pb.ts";
import { SecretSchema } from "#gen/envoy/extensions/transport_sockets/tls/v3/secret_pb.ts";

/** A path that becomes a broken regular expression. */
export const poisonedPath = "/poison";
/** A path that answers 401 before anything else. */
export const privatePath = "/private";
/** A Service port whose cluster has a negative timeout. */
export const poisonedPort = 666;
/** An endpoint whose port is none. */
export const poisonedAddress = "127.0.0.66";
/** A host whose scope has no key, and whose filter chain matches twice. */
export const poisonedHost = "poison.test";

/** `poisonedCertificate`: the PEM text of a certificate that becomes no certificate. */
export function poison(resource: Resource, poisonedCertificate: string): Resource {
  switch (resource.type) {
    case "policy":
      return resource;
    case "routes":
      return poisonRoutes(resource);
    case "cluster":
      return change(resource, ClusterSchema, (cluster) => {
        if (!cluster.name.includes(`:${poisonedPort}`)) return;
        cluster.connectTimeout = create(ClusterSchema, { connectTimeout: { seconds: -1n } })
          .connectTimeout as NonNullable<typeof cluster.connectTimeout>;
      });
    case "endpoints":
      return change(resource, ClusterLoadAssignmentSchema, ({ endpoints }) => {
        for (const endpoint of endpoints.flatMap(({ lbEndpoints }) => lbEndpoints)) {
          if (endpoint.hostIdentifier.case !== "endpoint") continue;
          const address = endpoint.hostIdentifier.value.address?.address;
          if (address?.case !== "socketAddress") continue;
          if (address.value.address !== poisonedAddress) continue;
          address.value.portSpecifier = { case: "portValue", value: 70_000 };
        }
      });
    case "secret":
      return change(resource, SecretSchema, ({ type }) => {
        if (type.case !== "tlsCertificate") return;
        const specifier = type.value.certificateChain?.specifier;
        if (
          specifier?.case === "inlineString" &&
          specifier.value.trim() === poisonedCertificate.trim()
        ) {
          specifier.value = "this is no certificate";
        }
      });
    case "listener":
      return change(resource, ListenerSchema, (listener) => {
        const found = listener.filterChains.find(({ filterChainMatch }) =>
          filterChainMatch?.serverNames.includes(poisonedHost),
        );
        if (found !== undefined) listener.filterChains.push({ ...found });
      });
    case "scope":
      return change(resource, ScopedRouteConfigurationSchema, (scope) => {
        if (scope.name === `host/scope.${poisonedHost}`) delete scope.key;
      });
  }
}

function poisonRoutes(resource: Resource): Resource {
  let isPrivate = false;
  const poisoned = change(resource, RouteConfigurationSchema, ({ virtualHosts }) => {
    for (const virtualHost of virtualHosts) {
      virtualHost.routes = virtualHost.routes.flatMap((route) => {
        const path = route.match?.pathSpecifier.value;
        if (path === privatePath) {
          isPrivate = true;
          const match = create(RouteMatchSchema, { pathSpecifier: { case: "prefix", value: "/" } });
          const value = create(DirectResponseActionSchema, { status: 401 });
          const { name } = route;
          return [create(RouteSchema, { name, match, action: { case: "directResponse", value } })];
        }
        if (path !== poisonedPath) return [route];
        const match = create(RouteMatchSchema, {
          pathSpecifier: { case: "safeRegex", value: { regex: "(" } },
        });
        return [{ ...route, match }];
      });
    }
  });
  if (!isPrivate) return poisoned;
  const protections = [...(poisoned.protections ?? []), "401 /"];
  return resourceOf({ ...poisoned, protections }, poisoned.bytes);
}

function change<Schema extends DescMessage>(
  resource: Resource,
  schema: Schema,
  edit: (message: MessageShape<Schema>) => void,
): Resource {
  const message = fromBinary(schema, resource.bytes);
  edit(message);
  const bytes = toBinary(schema, message);
  if (Buffer.compare(bytes, resource.bytes) === 0) return resource;
  return resourceOf(resource, bytes);
}
