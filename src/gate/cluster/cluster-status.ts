/** What one replica of a cluster's gate says of itself. */

import type { LoadBalancerAddress } from "#status/ingress-status.ts";
import type { CertificateLayout } from "../ports/certificate-layout.ts";
import type { ProxyStatus } from "../statuses/gate-status.ts";
import { proxyStatuses } from "../statuses/proxy-status.ts";
import type { ClusterGate } from "./cluster-gate.ts";
import type { ReplicaState } from "./replicas/asking.ts";

export interface ClusterStatus {
  readonly version: string;
  /** The replica: its pod's name. */
  readonly identity: string;
  readonly isLeader: boolean;
  readonly gates: "own" | "observe";
  readonly addresses: readonly LoadBalancerAddress[];
  readonly certificateLayout: CertificateLayout;
  /** How many objects are served. */
  readonly served: number;
  readonly proxies: readonly ProxyStatus[];
  /** Of one that leads: the other replicas, and who of them and of their proxies statuses do not wait for. */
  readonly replicas: readonly ReplicaState[];
  /** How many findings of each severity there are now. */
  readonly findings: { readonly error: number; readonly warning: number; readonly info: number };
}

export interface ClusterStatusFacts {
  readonly version: string;
  readonly identity: string;
  readonly gates: "own" | "observe";
}

export function clusterStatus(running: ClusterGate, facts: ClusterStatusFacts): ClusterStatus {
  const count = (severity: string): number =>
    running.findings().filter((finding) => finding.severity === severity).length;
  return {
    version: facts.version,
    identity: facts.identity,
    isLeader: running.isLeader(),
    gates: facts.gates,
    addresses: running.addresses(),
    certificateLayout: running.layout,
    served: running.gate.pipeline.claimed.size,
    proxies: proxyStatuses(running.gate.xds),
    replicas: running.isLeader() ? running.replicas() : [],
    findings: { error: count("error"), warning: count("warning"), info: count("info") },
  };
}
