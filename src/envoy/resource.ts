/** One xDS resource as every proxy gets it: encoded once, versioned by its content. */

export const typeUrls = {
  cluster: "type.googleapis.com/envoy.config.cluster.v3.Cluster",
  endpoints: "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment",
  secret: "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret",
  listener: "type.googleapis.com/envoy.config.listener.v3.Listener",
  routes: "type.googleapis.com/envoy.config.route.v3.RouteConfiguration",
  scope: "type.googleapis.com/envoy.config.route.v3.ScopedRouteConfiguration",
} as const;

export type ResourceType = keyof typeof typeUrls;

export interface Resource {
  readonly type: ResourceType;
  readonly name: string;
  /** Hash of {@link bytes}. */
  readonly version: string;
  /** The encoded message, without its Any wrapper. */
  readonly bytes: Uint8Array;
}

/** What changed together. */
export interface ResourceChange {
  readonly set: readonly Resource[];
  readonly removed: readonly { readonly type: ResourceType; readonly name: string }[];
}
