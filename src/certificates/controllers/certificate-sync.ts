/** One look at a Certificate: every controller in turn, then its status written once. */

import { certificateKind } from "#kinds/cert-manager/certificate.ts";
import { read } from "#kinds/kind.ts";
import type { KubeObject } from "#kinds/object.ts";
import { formatCertificateStatus, parseCertificateStatus } from "../certificate-status.ts";
import { createCompletion } from "./completion.ts";
import { type Controller, type ControllerDeps, conclude, type Seen } from "./controller.ts";
import { createHistoryController } from "./history.ts";
import { createIssuingController } from "./issuing.ts";
import { createKeyController, createKeyRemoval } from "./key.ts";
import { createReadinessController } from "./readiness.ts";
import { createRenewalInformation, type RenewalInformationDeps } from "./renewal-information.ts";
import { createRequestController } from "./request.ts";
import { createTrigger, type TriggerDeps } from "./trigger.ts";
import { createUpkeepController } from "./upkeep.ts";

export type CertificateSyncDeps = ControllerDeps &
  RenewalInformationDeps &
  Pick<TriggerDeps, "budget" | "approver">;

/** Does one look; the moment returned is when to look again. Throws StoreError. */
export function createCertificateSync(
  deps: CertificateSyncDeps,
): (object: KubeObject) => Promise<Temporal.Instant | undefined> {
  // In this order, as each works with what those before have brought about.
  const controllers: readonly Controller[] = [
    createCompletion(deps),
    createRenewalInformation(deps),
    createTrigger(deps),
    createKeyController(deps),
    createRequestController(deps),
    createIssuingController(deps),
    createKeyRemoval(deps),
    createUpkeepController(deps),
    createReadinessController(deps),
    createHistoryController(deps),
  ];
  return async (object) => {
    if (object.metadata.deletionTimestamp !== undefined) return undefined;
    const now = deps.clock.now();
    const { value, problems } = read(certificateKind, object);
    const status = parseCertificateStatus(object.status);
    // What an admission webhook would have refused is not half issued.
    const problem = problems.find((one) => one.problem !== "unknown");
    if (value === undefined || problem !== undefined) {
      const message = `${problem?.path ?? "spec"}: ${problem?.message ?? "cannot be read"}`;
      const verdict = { isTrue: false, reason: "InvalidSpec", message };
      const spec = value?.spec ?? { secretName: "", issuerRef: { name: "" } };
      const concluded = conclude({ object, spec, status, now }, "Ready", verdict);
      await deps.statuses.write(object, formatCertificateStatus(concluded));
      return undefined;
    }
    return await run(deps, controllers, { object, spec: value.spec, status, now });
  };
}

async function run(
  { statuses }: ControllerDeps,
  controllers: readonly Controller[],
  first: Seen,
): Promise<Temporal.Instant | undefined> {
  let seen = first;
  let again: Temporal.Instant | undefined;
  const afterwards: (() => Promise<void>)[] = [];
  for (const look of controllers) {
    const step = await look(seen);
    seen = { ...seen, status: step.status };
    if (step.afterwards !== undefined) afterwards.push(step.afterwards);
    const isSooner =
      step.again !== undefined &&
      (again === undefined || Temporal.Instant.compare(step.again, again) < 0);
    if (isSooner) again = step.again;
  }
  await statuses.write(first.object, formatCertificateStatus(seen.status));
  for (const finish of afterwards) await finish();
  return again;
}
