/** What answers at ports of their own for hosts that are not there: 404, like the gate's own ports for hosts that nobody claims. */

import type { MessageInitShape } from "@bufbuild/protobuf";
import { formatOrigin } from "#base/origin.ts";
import { RouteConfigurationSchema } from "#gen/envoy/config/route/v3/route_pb.ts";
import { ScopedRouteConfigurationSchema } from "#gen/envoy/config/route/v3/scoped_route_pb.ts";
import { unclaimed } from "#model/gateway.ts";
import { anyHost } from "#model/host.ts";
import { encodeResource } from "../encode.ts";
import { withoutAuthorization } from "../filters/authorization.ts";
import { withoutBodyLimit } from "../filters/body-limit.ts";
import { withoutClientRule } from "../filters/client-rule.ts";
import { withoutLookups } from "../filters/connection-group.ts";
import { withoutErrorAnswers } from "../filters/error-answers.ts";
import type { Resource, ResourceName } from "../resource.ts";
import { scopeKey, scopeNamed } from "./scope.ts";

const name = "own-ports/*";

/** The resources by name: they come with the first of these ports, and go with the last. */
export const ownPortRest: readonly ResourceName[] = [
  { type: "routes", name },
  { type: "scope", name },
];

export function buildOwnPortRest(): readonly Resource[] {
  const routes: MessageInitShape<typeof RouteConfigurationSchema> = {
    name,
    virtualHosts: [
      {
        name: "*",
        domains: ["*"],
        routes: [
          {
            name: formatOrigin(unclaimed),
            match: { pathSpecifier: { case: "prefix", value: "/" } },
            action: { case: "directResponse", value: { status: 404 } },
          },
        ],
      },
    ],
    typedPerFilterConfig: {
      ...withoutLookups(),
      ...withoutClientRule(),
      ...withoutAuthorization(),
      ...withoutBodyLimit(),
      ...withoutErrorAnswers(),
    },
  };
  const scope = {
    ...scopeNamed(name, scopeKey(anyHost, "own-port")),
    routeConfigurationName: name,
  };
  return [
    encodeResource({ type: "routes", name }, RouteConfigurationSchema, routes),
    encodeResource(
      { type: "scope", name, uses: [{ type: "routes", name }] },
      ScopedRouteConfigurationSchema,
      scope,
    ),
  ];
}
