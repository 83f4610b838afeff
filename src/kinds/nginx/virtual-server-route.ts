/** VirtualServerRoute, k8s.nginx.org/v1: a part of a VirtualServer's routes, given into other hands. */

import { fields, optional, type Parsed, positionalList, text } from "#base/schema.ts";
import type { Kind } from "../kind.ts";
import { route } from "./route.ts";
import { hostColumns } from "./state-columns.ts";
import { routeStatus } from "./status.ts";
import { upstream } from "./upstream.ts";

const spec = fields({
  ingressClassName: optional(
    text,
    "The class whose controller serves it; the same as that of its VirtualServer.",
  ),
  host: optional(text, "Host name, as its VirtualServer has it."),
  upstreams: optional(positionalList(upstream), "Services that actions refer to by name."),
  subroutes: optional(
    positionalList(route),
    "What is done with which requests; paths begin with the prefix that was given here.",
  ),
});

const body = fields({
  spec: optional(spec, "What is served below the prefix that the VirtualServer gives."),
});

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
  withoutEffect: [],
  columns: hostColumns<VirtualServerRoute>(),
  definition: {
    description: "A part of the routes of a VirtualServer, given into other hands.",
    status: routeStatus,
  },
};
