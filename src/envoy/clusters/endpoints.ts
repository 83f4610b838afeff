/** Who answers for a backend → its load assignment; nobody is an answer too, and gives 503. */

import { create } from "@bufbuild/protobuf";
import { compareInTurn, compareNumber, compareText } from "#base/compare.ts";
import type { LbEndpoint } from "#gen/envoy/config/endpoint/v3/endpoint_components_pb.ts";
import { LbEndpointSchema } from "#gen/envoy/config/endpoint/v3/endpoint_components_pb.ts";
import { ClusterLoadAssignmentSchema } from "#gen/envoy/config/endpoint/v3/endpoint_pb.ts";
import type { BackendName, Endpoint } from "#model/backend.ts";
import { encodeResource, type Init } from "../encode.ts";
import type { Resource } from "../resource.ts";

const compareEndpoints = compareInTurn<Endpoint>(
  (a, b) => compareText(a.address, b.address),
  (a, b) => compareNumber(a.port, b.port),
);

/** Addresses must be IP addresses. Order and repetition of `endpoints` do not show in the result. */
export function buildEndpoints(backendName: BackendName, endpoints: readonly Endpoint[]): Resource {
  const sorted = [...endpoints].sort(compareEndpoints);
  const unique = sorted.filter((endpoint, index) => {
    const before = sorted[index - 1];
    return before === undefined || compareEndpoints(before, endpoint) !== 0;
  });
  const backups = unique.filter(({ isBackup }) => isBackup === true);
  const first = unique.filter(({ isBackup }) => isBackup !== true);
  const message = create(ClusterLoadAssignmentSchema, {
    clusterName: backendName,
    endpoints: [...groupOf(first, 0), ...groupOf(backups, 1)],
    ...(first.length > 0 && backups.length > 0 ? { policy: untilNobodyIsLeft } : {}),
  });
  return encodeResource(
    { type: "endpoints", name: backendName },
    ClusterLoadAssignmentSchema,
    message,
  );
}

/** Envoy would send the first requests to backups as soon as a third of the others is unhealthy. */
const untilNobodyIsLeft = { overprovisioningFactor: 10_000 } as const;

function groupOf(
  endpoints: readonly Endpoint[],
  priority: number,
): NonNullable<Init<typeof ClusterLoadAssignmentSchema>["endpoints"]> {
  if (endpoints.length === 0) return [];
  return [{ locality: {}, lbEndpoints: endpoints.map(endpointOf), priority }];
}

function endpointOf({ address, port }: Endpoint): LbEndpoint {
  return create(LbEndpointSchema, {
    hostIdentifier: {
      case: "endpoint",
      value: {
        address: {
          address: {
            case: "socketAddress",
            value: { address, portSpecifier: { case: "portValue", value: port } },
          },
        },
      },
    },
  });
}
