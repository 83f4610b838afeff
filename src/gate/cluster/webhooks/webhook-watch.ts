/**
 * Whether a webhook about certificates stands in our way that nobody answers: cert-manager's stays configured when its
 * Deployments go, and from then on the API server refuses every Certificate, request and status.
 */

import type { Finding } from "#base/finding.ts";
import type { JsonObject } from "#base/json.ts";
import { objectsAt } from "#base/json-path.ts";
import type { Clock } from "#runtime/clock.ts";
import type { Log } from "#runtime/telemetry/log.ts";
import { errorText, logFields } from "#runtime/telemetry/log-fields.ts";
import type { KubernetesStore } from "#store/kubernetes/kubernetes-store.ts";
import { StoreError } from "#store/object-store.ts";
import {
  answeredServices,
  concernsCertificates,
  type DeadWebhook,
  deadWebhooks,
  webhookServices,
} from "./dead-webhooks.ts";

export interface WebhookWatchDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly api: Pick<KubernetesStore, "call">;
}

/** Nobody tells when a Service loses its last endpoint. */
const lookAgain = Temporal.Duration.from({ minutes: 1 });

const group = "admissionregistration.k8s.io";
const kinds = [
  ["ValidatingWebhookConfiguration", "validatingwebhookconfigurations"],
  ["MutatingWebhookConfiguration", "mutatingwebhookconfigurations"],
] as const;

/** Looks now and every minute, and tells what it found, until the returned function is called. */
export function watchWebhooks(
  deps: WebhookWatchDeps,
  found: (findings: readonly Finding[]) => void,
): () => void {
  let isOver = false;
  let cancel: () => void = () => undefined;
  const look = async (): Promise<void> => {
    try {
      const dead = await findDead(deps);
      if (!isOver) found(dead.map(findingOf));
    } catch (error) {
      deps.log.info("webhooks about certificates were not looked at", {
        [logFields.error]: errorText(error),
      });
      // Rights do not come by themselves.
      if (error instanceof StoreError && error.code === "denied") return;
    }
    if (!isOver) cancel = deps.clock.after(lookAgain, () => void look());
  };
  void look();
  return () => {
    isOver = true;
    cancel();
    found([]);
  };
}

async function findDead({ api }: WebhookWatchDeps): Promise<readonly DeadWebhook[]> {
  const lists = await Promise.all(
    kinds.map(async ([kind, plural]) => {
      const items = await listAt(api, `/apis/${group}/v1/${plural}`);
      return items.map((item): JsonObject => ({ ...item, kind }));
    }),
  );
  const configurations = lists
    .flat()
    .filter((one) =>
      objectsAt(one, "webhooks").some((hook) =>
        objectsAt(hook, "rules").some(concernsCertificates),
      ),
    );
  const namespaces = new Set(
    webhookServices(configurations).map((service) => service.split("/")[0] ?? ""),
  );
  const slices = await Promise.all(
    [...namespaces].map((namespace) =>
      listAt(api, `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`),
    ),
  );
  const answered = answeredServices(slices.flat());
  const isDead = (service: string): boolean => !answered.has(service);
  return deadWebhooks({ configurations, concerns: concernsCertificates, isDead });
}

async function listAt(api: WebhookWatchDeps["api"], path: string): Promise<readonly JsonObject[]> {
  return objectsAt(await api.call({ method: "GET", path }), "items");
}

function findingOf({ kind, name, service, isStrict }: DeadWebhook): Finding {
  const what = isStrict
    ? "no Certificate, request or status can be written"
    : "it is asked in vain each time";
  return {
    severity: isStrict ? "error" : "warning",
    reason: "WebhookNotAnswered",
    origin: { kind: `${kind}.${group}`, namespace: "", name, path: "webhooks" },
    message: `the API server asks Service ${service} about certificates, and nobody is behind it: ${what}`,
    advice: `start cert-manager's webhook again, or, if it is gone for good: kubectl delete ${kind.toLowerCase()} ${name}`,
  };
}
