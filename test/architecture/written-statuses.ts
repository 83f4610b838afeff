/** Who writes the status of which kinds: a condition has one writer. */

import type { StatusWriters } from "./status-writers.ts";

export const statusWriters: StatusWriters = {
  // What a person asks for: Issuing of Certificates, Approved and Denied of their requests.
  "cli/certificates/cert-changes.ts": [],
  "certificates/acme/challenges/challenge-work.ts": ["Challenge"],
  "certificates/acme/orders/order-work.ts": ["Order"],
  "certificates/controllers/statuses.ts": [
    ...["Certificate", "CertificateRequest", "Issuer", "ClusterIssuer"],
    ...["AWSPCAIssuer", "AWSPCAClusterIssuer", "CertificateRequestPolicy"],
  ],
  "status/ingress-status.ts": ["Ingress"],
  "status/state-status.ts": ["Policy", "TransportServer", "VirtualServer", "VirtualServerRoute"],
  "workloads/controllers/controller.ts": ["Deployment", "Pod", "ReplicaSet"],
};
