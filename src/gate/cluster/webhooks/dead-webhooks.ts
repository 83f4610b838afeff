/** Admission webhooks that nobody answers: what they are asked about cannot be written any more. Pure functions of what was read. */

import type { JsonObject } from "#base/json.ts";
import { objectAt, objectsAt, textAt } from "#base/json-path.ts";

export interface DeadWebhook {
  /** `ValidatingWebhookConfiguration`, `MutatingWebhookConfiguration` */
  readonly kind: string;
  /** Of the configuration. */
  readonly name: string;
  /** `namespace/name` of the Service that nobody is behind. */
  readonly service: string;
  /** Whether what it is asked about is refused then. */
  readonly isStrict: boolean;
}

export interface WebhookFacts {
  /** Each with its kind. */
  readonly configurations: readonly JsonObject[];
  /** Which rules matter, as in `rules[]` of a webhook. */
  readonly concerns: (rule: JsonObject) => boolean;
  /** By `namespace/name` of a Service. */
  readonly isDead: (service: string) => boolean;
}

/** Each configuration once, for the gravest of its webhooks. */
export function deadWebhooks({
  configurations,
  concerns,
  isDead,
}: WebhookFacts): readonly DeadWebhook[] {
  return configurations.flatMap((configuration) => {
    const dead = objectsAt(configuration, "webhooks").flatMap((hook) => {
      const service = serviceOf(hook);
      if (service === undefined || !objectsAt(hook, "rules").some(concerns)) return [];
      return isDead(service) ? [{ service, isStrict: hook["failurePolicy"] !== "Ignore" }] : [];
    });
    const gravest = dead.find(({ isStrict }) => isStrict) ?? dead[0];
    if (gravest === undefined) return [];
    const kind = textAt(configuration, "kind") ?? "";
    return [{ kind, name: textAt(configuration, "metadata", "name") ?? "", ...gravest }];
  });
}

/** The Services that webhooks lead to, each once. */
export function webhookServices(configurations: readonly JsonObject[]): readonly string[] {
  const all = configurations.flatMap((one) => objectsAt(one, "webhooks").map(serviceOf));
  return [...new Set(all.filter((one) => one !== undefined))];
}

function serviceOf(hook: JsonObject): string | undefined {
  const service = objectAt(hook, "clientConfig", "service");
  return service && `${textAt(service, "namespace")}/${textAt(service, "name")}`;
}

/** The Services (`namespace/name`) that somebody is behind, by EndpointSlices. */
export function answeredServices(slices: readonly JsonObject[]): ReadonlySet<string> {
  return new Set(slices.filter(isReady).map(serviceOfSlice));
}

function isReady(slice: JsonObject): boolean {
  return objectsAt(slice, "endpoints").some(
    (endpoint) => objectAt(endpoint, "conditions")?.["ready"] !== false,
  );
}

function serviceOfSlice(slice: JsonObject): string {
  const name = objectAt(slice, "metadata", "labels")?.["kubernetes.io/service-name"];
  return `${textAt(slice, "metadata", "namespace")}/${typeof name === "string" ? name : ""}`;
}

/** A rule about what certificates are made of. */
export function concernsCertificates({ apiGroups }: JsonObject): boolean {
  const groups = Array.isArray(apiGroups) ? apiGroups : [];
  return groups.some((one) => one === "cert-manager.io" || one === "acme.cert-manager.io");
}
