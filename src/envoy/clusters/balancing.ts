/** Which endpoint of a cluster gets a request, and which get none for a while. */

import { unreachable } from "#base/unreachable.ts";
import type { Cluster_SlowStartConfigSchema } from "#gen/envoy/config/cluster/v3/cluster_pb.ts";
import { Cluster_LbPolicy, type ClusterSchema } from "#gen/envoy/config/cluster/v3/cluster_pb.ts";
import type { Backend, Ejection } from "#model/backend.ts";
import { durationOf, type Init } from "../encode.ts";

type Cluster = Init<typeof ClusterSchema>;

/** The policy of a backend's cluster. */
export function balancingOf({
  balancing,
  slowStartMs,
}: Backend): Pick<Cluster, "lbPolicy" | "lbConfig"> {
  const slow = slowStartMs === undefined ? {} : { slowStartConfig: slowStart(slowStartMs) };
  switch (balancing) {
    case undefined:
      return {
        lbPolicy: Cluster_LbPolicy.ROUND_ROBIN,
        ...(slowStartMs === undefined
          ? {}
          : { lbConfig: { case: "roundRobinLbConfig", value: slow } }),
      };
    case "random":
      return { lbPolicy: Cluster_LbPolicy.RANDOM };
    case "hash":
      return { lbPolicy: Cluster_LbPolicy.MAGLEV };
    case "least-request":
      return {
        lbPolicy: Cluster_LbPolicy.LEAST_REQUEST,
        lbConfig: { case: "leastRequestLbConfig", value: { choiceCount: 2, ...slow } },
      };
    default:
      return unreachable(balancing);
  }
}

/** Only what we see ourselves counts; when all endpoints are out, all are asked again. */
export function ejectionOf({
  afterFailures,
  forMs,
}: Ejection): Pick<Cluster, "outlierDetection" | "commonLbConfig"> {
  return {
    outlierDetection: {
      splitExternalLocalOriginErrors: true,
      consecutiveLocalOriginFailure: afterFailures,
      enforcingConsecutiveLocalOriginFailure: 100,
      enforcingConsecutive5xx: 0,
      enforcingConsecutiveGatewayFailure: 0,
      enforcingSuccessRate: 0,
      enforcingLocalOriginSuccessRate: 0,
      interval: durationOf(1000),
      baseEjectionTime: durationOf(forMs),
      maxEjectionTime: durationOf(forMs),
      maxEjectionPercent: 100,
    },
    commonLbConfig: { healthyPanicThreshold: { value: 1 } },
  };
}

function slowStart(milliseconds: number): Init<typeof Cluster_SlowStartConfigSchema> {
  return { slowStartWindow: durationOf(milliseconds) };
}
