/** Every kind that is read, one line each. */

import { awsPcaClusterIssuerKind, awsPcaIssuerKind } from "./cert-manager/aws-pca-issuer.ts";
import { certificateKind } from "./cert-manager/certificate.ts";
import { certificateRequestKind } from "./cert-manager/certificate-request.ts";
import { challengeKind } from "./cert-manager/challenge.ts";
import { clusterIssuerKind, issuerKind } from "./cert-manager/issuer.ts";
import { orderKind } from "./cert-manager/order.ts";
import { requestPolicyKind } from "./cert-manager/request-policy.ts";
import { configMapKind } from "./config-map.ts";
import { deploymentKind } from "./deployment.ts";
import { endpointSliceKind } from "./endpoint-slice.ts";
import { eventKind } from "./event.ts";
import { ingressKind } from "./ingress.ts";
import { ingressClassKind } from "./ingress-class.ts";
import type { Kind } from "./kind.ts";
import { namespaceKind } from "./namespace.ts";
import { dnsEndpointKind } from "./nginx/dns-endpoint.ts";
import { globalConfigurationKind } from "./nginx/global-configuration.ts";
import { policyKind } from "./nginx/policy.ts";
import { transportServerKind } from "./nginx/transport-server.ts";
import { virtualServerKind } from "./nginx/virtual-server.ts";
import { virtualServerRouteKind } from "./nginx/virtual-server-route.ts";
import { podKind } from "./pod.ts";
import { replicaSetKind } from "./replica-set.ts";
import { secretKind } from "./secret.ts";
import { serviceKind } from "./service.ts";

export const kinds = [
  awsPcaClusterIssuerKind,
  awsPcaIssuerKind,
  certificateKind,
  certificateRequestKind,
  challengeKind,
  clusterIssuerKind,
  configMapKind,
  deploymentKind,
  dnsEndpointKind,
  endpointSliceKind,
  eventKind,
  globalConfigurationKind,
  ingressClassKind,
  ingressKind,
  issuerKind,
  namespaceKind,
  orderKind,
  podKind,
  policyKind,
  replicaSetKind,
  requestPolicyKind,
  secretKind,
  serviceKind,
  transportServerKind,
  virtualServerKind,
  virtualServerRouteKind,
] as const satisfies readonly Kind<unknown>[];
