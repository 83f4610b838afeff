/** Says of CertificateRequestPolicies whether requests are judged by them: their condition Ready. */

import { isJsonObject, type JsonObject } from "#base/json.ts";
import { type Condition, conditionsOf, findCondition, withCondition } from "#kinds/condition.ts";
import type { KubeObject } from "#kinds/object.ts";
import { readPolicy } from "../approval/request-policy.ts";
import type { ControllerDeps } from "./controller.ts";

/**
 * One look. Where approver-policy runs, too, it may judge by more than we do: what it has said of this generation stays.
 * Throws StoreError.
 */
export async function reportPolicy(
  { clock, statuses, events }: Pick<ControllerDeps, "clock" | "statuses" | "events">,
  policy: KubeObject,
): Promise<undefined> {
  const { generation } = policy.metadata;
  const said = findCondition(policy.status, "Ready");
  if (said?.observedGeneration === generation) return;
  const { status, reason, message } = verdictOf(policy);
  const type = status === "True" ? "Normal" : "Warning";
  events.tell(policy, { type, reason, message });
  const conditions = withCondition(
    conditionsOf(policy.status),
    { type: "Ready", status, reason, message, observedGeneration: generation },
    clock.now(),
  );
  await statuses.write(policy, {
    ...(isJsonObject(policy.status) ? (policy.status as JsonObject) : {}),
    conditions: conditions.map((one): JsonObject => ({ ...one })),
  });
}

/** In approver-policy's words. */
function verdictOf(policy: KubeObject): Pick<Condition, "status" | "reason" | "message"> {
  const spec = readPolicy(policy);
  return spec.ok
    ? {
        ...{ status: "True", reason: "Ready" },
        message: "CertificateRequestPolicy is ready for approval evaluation",
      }
    : {
        ...{ status: "False", reason: "NotReady" },
        message: `CertificateRequestPolicy is not ready for approval evaluation: ${spec.error}`,
      };
}
