/** Every kind that is read, one line each. */

import { configMapKind } from "./config-map.ts";
import { deploymentKind } from "./deployment.ts";
import { endpointSliceKind } from "./endpoint-slice.ts";
import { eventKind } from "./event.ts";
import { ingressKind } from "./ingress.ts";
import { ingressClassKind } from "./ingress-class.ts";
import type { Kind } from "./kind.ts";
import { namespaceKind } from "./namespace.ts";
import { podKind } from "./pod.ts";
import { replicaSetKind } from "./replica-set.ts";
import { secretKind } from "./secret.ts";
import { serviceKind } from "./service.ts";

export const kinds = [
  configMapKind,
  deploymentKind,
  endpointSliceKind,
  eventKind,
  ingressClassKind,
  ingressKind,
  namespaceKind,
  podKind,
  replicaSetKind,
  secretKind,
  serviceKind,
] as const satisfies readonly Kind<unknown>[];
