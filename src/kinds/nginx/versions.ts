/** Retired versions of kinds of k8s.nginx.org. */

import type { JsonObject } from "#base/json.ts";

/** v1alpha1 has the fields of v1, for the kinds that had it. */
export const fromAlpha: Readonly<Record<string, (raw: JsonObject) => JsonObject>> = {
  "k8s.nginx.org/v1alpha1": (raw) => ({ ...raw, apiVersion: "k8s.nginx.org/v1" }),
};
