/**
 * The filter that asks the authorization adapter whether a request may pass.
 *
 * It is in every chain and off for every route that does not name policies: a route that does is found only after the
 * chain of a wildcard host was built. What it sends along is the names of policies, which say nothing of what they hold.
 */

import { create } from "@bufbuild/protobuf";
import type { Any } from "@bufbuild/protobuf/wkt";
import { anyPack } from "@bufbuild/protobuf/wkt";
import { policiesExtension } from "#authorization/policy.ts";
import { ApiVersion } from "#gen/envoy/config/core/v3/config_source_pb.ts";
import type { GrpcService } from "#gen/envoy/config/core/v3/grpc_service_pb.ts";
import { GrpcServiceSchema } from "#gen/envoy/config/core/v3/grpc_service_pb.ts";
import {
  ExtAuthzPerRouteSchema,
  ExtAuthzSchema,
} from "#gen/envoy/extensions/filters/http/ext_authz/v3/ext_authz_pb.ts";
import type { HttpFilter } from "#gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.ts";
import { HttpFilterSchema } from "#gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.ts";
import { type Protection, protectionName } from "#model/protection.ts";
import { durationOf, typedConfig } from "../encode.ts";
import { connectionHeader, scopeHeader } from "../internal-headers.ts";

/** How the filter is called in the chain. */
export const authorizationName = "sekisho.authorization";

/** The static cluster in every bootstrap that leads to the adapter beside this Envoy. */
export const authorizationClusterName = "sekisho_authorization";

/** Longer than a password waits for its turn. */
const answerMs = 10_000;
/** What the adapter needs for itself beside the service that it asks. */
const marginMs = 1000;
/** While the adapter does not answer. */
const downStatus = 503;

export function authorizationFilter(): HttpFilter {
  const exact = (header: string) => ({ matchPattern: { case: "exact", value: header } }) as const;
  return create(HttpFilterSchema, {
    name: authorizationName,
    configType: typedConfig(
      ExtAuthzSchema,
      create(ExtAuthzSchema, {
        services: { case: "grpcService", value: adapter(answerMs) },
        transportApiVersion: ApiVersion.V3,
        failureModeAllow: false,
        statusOnError: { code: downStatus },
        validateMutations: true,
        disallowedHeaders: { patterns: [exact(scopeHeader), exact(connectionHeader)] },
      }),
    ),
  });
}

const off = anyPack(
  ExtAuthzPerRouteSchema,
  create(ExtAuthzPerRouteSchema, { override: { case: "disabled", value: true } }),
);

/** `typed_per_filter_config` of what everybody may send requests to. */
export function withoutAuthorization(): { [filter: string]: Any } {
  return { [authorizationName]: off };
}

/** `typed_per_filter_config` of a route that is protected. */
export function withAuthorization(protections: readonly Protection[]): { [filter: string]: Any } {
  const longestMs = Math.max(
    ...protections.map((protection) =>
      protection.kind === "external-request" ? protection.timeoutMs + marginMs : 0,
    ),
  );
  const value = {
    contextExtensions: { [policiesExtension]: protections.map(protectionName).join(",") },
    ...(longestMs > answerMs
      ? { serviceOverride: { case: "grpcService", value: adapter(longestMs) } as const }
      : {}),
  };
  return {
    [authorizationName]: anyPack(
      ExtAuthzPerRouteSchema,
      create(ExtAuthzPerRouteSchema, { override: { case: "checkSettings", value } }),
    ),
  };
}

function adapter(timeoutMs: number): GrpcService {
  return create(GrpcServiceSchema, {
    targetSpecifier: { case: "envoyGrpc", value: { clusterName: authorizationClusterName } },
    timeout: durationOf(timeoutMs),
  });
}
