/** Finishes what a crash has left between the Secret and the status: the certificate is stored, and not counted. */

import { isJsonObject, type JsonObject } from "#base/json.ts";
import { parseCertificate } from "#crypto/x509/parsed-certificate.ts";
import { isConditionTrue } from "#kinds/condition.ts";
import { withoutCondition } from "../certificate-status.ts";
import { isPair } from "../policies/stored-pair.ts";
import { withoutSuggestion } from "../renewal-suggestion.ts";
import type { Controller, ControllerDeps } from "./controller.ts";
import { nextKeyOf } from "./key.ts";
import { nextRequest, nextRevision } from "./revision.ts";

export function createCompletion({ world }: Pick<ControllerDeps, "world">): Controller {
  return async (seen) => {
    const { object, spec, status } = seen;
    const request = nextRequest(world, seen);
    if (request === undefined || !isConditionTrue(request.status, "Ready")) return { status };
    const stored = world.pairOf(world.secret(object.metadata.namespace, spec.secretName));
    const { certificate } = isJsonObject(request.status) ? (request.status as JsonObject) : {};
    if (!isPair(stored) || typeof certificate !== "string") return { status };
    const issued = parseCertificate(Buffer.from(certificate, "base64"));
    if (!issued.ok || Buffer.compare(issued.value.der, stored.leaf.der) !== 0) return { status };
    const { lastFailureTime: _, failedIssuanceAttempts: __, ...rest } = status;
    const others = withoutSuggestion(status.others);
    const nextPrivateKeySecretName = nextKeyOf(seen).name;
    return {
      status: withoutCondition(
        { ...rest, others, nextPrivateKeySecretName, revision: nextRevision(seen) },
        "Issuing",
      ),
    };
  };
}
