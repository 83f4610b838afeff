/** VirtualServerRoute, k8s.nginx.org/v1: a part of a VirtualServer's routes, given into other hands. */

import { fields, optional, type Parsed, positionalList, text } from "#base/schema.ts";
import type { Kind } from "../kind.ts";
import { route } from "./route.ts";
import { hostColumns } from "./state-columns.ts";
import { upstream } from "./upstream.ts";

const spec = fields({
  ingressClassName: optional(text),
  host: optional(text),
  upstreams: optional(positionalList(upstream)),
  subroutes: optional(positionalList(route)),
});

const body = fields({ spec: optional(spec) });

export type VirtualServerRoute = Parsed<typeof body>;

export const virtualServerRouteKind: Kind<VirtualServerRoute> = {
  id: "VirtualServerRoute.k8s.nginx.org",
  group: "k8s.nginx.org",
  version: "v1",
  kind: "VirtualServerRoute",
  plural: "virtualserverroutes",
  shortNames: ["vsr"],
  namespaced: true,
  legacy: {},
  parse: body,
  withoutEffect: [
    {
      path: "spec",
      reason: "no VirtualServerRoute is served",
      advice: "say the same in an Ingress",
    },
  ],
  columns: hostColumns<VirtualServerRoute>(),
};
