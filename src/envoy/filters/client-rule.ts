/**
 * The filter that turns clients away by their address, as routes say.
 *
 * By itself it lets nobody in: a route configuration switches it off, and routes for some clients say for whom. It
 * judges by the client's address as we know it: the peer's, or what a trusted proxy says.
 */

import { create } from "@bufbuild/protobuf";
import type { Any } from "@bufbuild/protobuf/wkt";
import { anyPack } from "@bufbuild/protobuf/wkt";
import {
  PermissionSchema,
  PrincipalSchema,
  RBAC_Action,
} from "#gen/envoy/config/rbac/v3/rbac_pb.ts";
import {
  RBACPerRouteSchema,
  RBACSchema,
} from "#gen/envoy/extensions/filters/http/rbac/v3/rbac_pb.ts";
import type { HttpFilter } from "#gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.ts";
import { HttpFilterSchema } from "#gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.ts";
import type { ClientRule } from "#model/client-rule.ts";
import { typedConfig } from "../encode.ts";
import { cidrRangeOf } from "../listeners/network.ts";

/** How the filter is called in the chain. */
export const clientRuleName = "sekisho.client-rule";

export function clientRuleFilter(): HttpFilter {
  const nobody = create(RBACSchema, { rules: { action: RBAC_Action.ALLOW, policies: {} } });
  return create(HttpFilterSchema, {
    name: clientRuleName,
    configType: typedConfig(RBACSchema, nobody),
  });
}

const off = anyPack(RBACPerRouteSchema, create(RBACPerRouteSchema));

/** `typed_per_filter_config` of what every client may ask. */
export function withoutClientRule(): { [filter: string]: Any } {
  return { [clientRuleName]: off };
}

/** `typed_per_filter_config` of a route that is for some clients. */
export function withClientRule({ kind, networks }: ClientRule): { [filter: string]: Any } {
  const principals = networks.map((network) =>
    create(PrincipalSchema, { identifier: { case: "remoteIp", value: cidrRangeOf(network) } }),
  );
  const permissions = [create(PermissionSchema, { rule: { case: "any", value: true } })];
  const action = kind === "only" ? RBAC_Action.ALLOW : RBAC_Action.DENY;
  const policies = networks.length === 0 ? {} : { clients: { permissions, principals } };
  const rule = create(RBACPerRouteSchema, { rbac: { rules: { action, policies } } });
  return { [clientRuleName]: anyPack(RBACPerRouteSchema, rule) };
}
