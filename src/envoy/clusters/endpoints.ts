/** Who answers for a backend → its load assignment; nobody is an answer too, and gives 503. */

import { create } from "@bufbuild/protobuf";
import { compareInTurn, compareNumber, compareText } from "#base/compare.ts";
import type { LbEndpoint } from "#gen/envoy/config/endpoint/v3/endpoint_components_pb.ts";
import { LbEndpointSchema } from "#gen/envoy/config/endpoint/v3/endpoint_components_pb.ts";
import { ClusterLoadAssignmentSchema } from "#gen/envoy/config/endpoint/v3/endpoint_pb.ts";
import type { BackendName, Endpoint } from "#model/backend.ts";
import { encodeResource } from "../encode.ts";
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
  const message = create(ClusterLoadAssignmentSchema, {
    clusterName: backendName,
    endpoints: unique.length === 0 ? [] : [{ locality: {}, lbEndpoints: unique.map(endpointOf) }],
  });
  return encodeResource(
    { type: "endpoints", name: backendName },
    ClusterLoadAssignmentSchema,
    message,
  );
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
