/** The filter that turns away what may not come in at all, whatever host it asks for. */

import { create } from "@bufbuild/protobuf";
import type { Any } from "@bufbuild/protobuf/wkt";
import { anyPack } from "@bufbuild/protobuf/wkt";
import type { CidrRange } from "#gen/envoy/config/core/v3/address_pb.ts";
import type { Permission, Principal } from "#gen/envoy/config/rbac/v3/rbac_pb.ts";
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
import { typedConfig } from "../encode.ts";
import { leftOut } from "./left-out.ts";

const gateName = "sekisho.gate";

/**
 * Paths with a `..` segment that only an escaped slash or backslash hides, as `/open/..%2fadmin`, or a parameter behind
 * escaped dots, as `/open/%2e%2e;v=1/admin`.
 *
 * Escaped slashes stay as they are sent, because people have `%2F` inside of names (package scopes, queue names), and
 * plain dot segments are resolved before matching, also with parameters. A backend that unescapes, or drops parameters,
 * would climb out of the matched prefix.
 */
const hiddenClimb =
  "(?i)(.*(/|\\\\|%2f|%5c))?(\\.|%2e){2}(%2f|%5c|;).*|.*(%2f|%5c)(\\.|%2e){2}([/\\\\].*|(%2f|%5c|;).*)?";

/** Answers 403 to clients outside of `allowedClients` (none given: everybody is inside) and to hidden climbs. */
export function gateFilter(allowedClients: readonly CidrRange[]): HttpFilter {
  return create(HttpFilterSchema, {
    name: gateName,
    configType: typedConfig(
      RBACSchema,
      create(RBACSchema, {
        rules: {
          action: RBAC_Action.ALLOW,
          policies: {
            gate: {
              permissions: [{ rule: { case: "notRule", value: climbs() } }],
              principals: principalsOf(allowedClients),
            },
          },
        },
      }),
    ),
  });
}

/**
 * `typed_per_filter_config` that leaves the filter out of the chain: for a host on which nothing can be climbed out of,
 * where every client may come in. It costs 5 percent of a request.
 */
export function withoutGate(): { [filter: string]: Any } {
  return leftOut(gateName);
}

const open = anyPack(RBACPerRouteSchema, create(RBACPerRouteSchema));

/** `typed_per_filter_config` of a route for one path that every client may ask, also where others may only be asked by some. */
export function withOpenGate(): { [filter: string]: Any } {
  return { [gateName]: open };
}

/** By the client's address as we know it: the peer's, or what a trusted proxy says. */
function principalsOf(clients: readonly CidrRange[]): Principal[] {
  if (clients.length === 0) {
    return [create(PrincipalSchema, { identifier: { case: "any", value: true } })];
  }
  return clients.map((value) =>
    create(PrincipalSchema, { identifier: { case: "remoteIp", value } }),
  );
}

/** The path alone is matched, without its query. */
function climbs(): Permission {
  const value = { regex: hiddenClimb };
  return create(PermissionSchema, {
    rule: {
      case: "urlPath",
      value: {
        rule: { case: "path", value: { matchPattern: { case: "safeRegex", value } } },
      },
    },
  });
}
