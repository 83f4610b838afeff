/** What a cluster does not let us read, as findings. */

import type { Finding } from "#base/finding.ts";
import type { ObjectKey } from "#kinds/object.ts";
import type { Collection } from "#store/kubernetes/collection.ts";
import type { StoreError } from "#store/object-store.ts";
import type { RefusedSecret } from "./secret-keeper.ts";

/** Collections that cannot be read now, and Secrets that are named but not granted. */
export function clusterFindings(
  hindrances: ReadonlyMap<Collection, StoreError>,
  refused: readonly RefusedSecret[],
): readonly Finding[] {
  return [
    ...[...hindrances].map(([collection, error]) => hinderedFinding(collection, error)),
    ...refused.map(({ secret, user }) => refusedFinding(secret, user)),
  ];
}

function hinderedFinding({ resource, namespace }: Collection, error: StoreError): Finding {
  const where = namespace === undefined ? "" : ` in namespace ${namespace}`;
  return {
    severity: "error",
    reason: error.code === "denied" ? "ReadDenied" : "ReadFailed",
    origin: { kind: "Gate", namespace: namespace ?? "", name: resource.plural, path: "" },
    message: `${resource.plural}${where} cannot be read now, what was known of them stays in force (${error.message})`,
    advice:
      error.code === "denied"
        ? `let Sekisho's service account list and watch ${resource.plural}${where}`
        : "see whether the API server is well; it is tried again until it answers",
  };
}

function refusedFinding(secret: ObjectKey, user: ObjectKey): Finding {
  return {
    severity: "warning",
    reason: "SecretNotGranted",
    origin: { ...user, path: "" },
    message: `Secret ${secret.namespace}/${secret.name} is in a namespace whose Secrets Sekisho may not read`,
    advice: "grant the namespace, or put the Secret into one that is granted",
  };
}
