/** Says of issuers whether they can sign: their condition Ready. */

import { isJsonObject, type JsonObject } from "#base/json.ts";
import { conditionsOf, withCondition } from "#kinds/condition.ts";
import type { KubeObject } from "#kinds/object.ts";
import type { ControllerDeps } from "./controller.ts";
import type { IssuerResolver } from "./issuer-resolver.ts";

type Deps = Pick<ControllerDeps, "clock" | "statuses" | "events"> & {
  readonly issuers: IssuerResolver;
};

/** One look; the moment returned is when to look again. Throws StoreError. */
export async function verifyIssuer(
  { clock, statuses, events, issuers }: Deps,
  issuer: KubeObject,
): Promise<Temporal.Instant | undefined> {
  const backend = issuers.backendOf(issuer);
  // What nobody here serves may be somebody else's.
  if (backend === undefined || issuer.metadata.deletionTimestamp !== undefined) return undefined;
  const verdict = await backend.verify(issuer, issuers.accessOf(issuer));
  const { isReady, reason, message, status = {}, lookAgain } = verdict;
  const before = conditionsOf(issuer.status);
  const now = clock.now();
  const conditions = withCondition(
    before,
    {
      ...{ type: "Ready", status: isReady ? "True" : "False", reason, message },
      observedGeneration: issuer.metadata.generation,
    },
    now,
  );
  const said = before.find(({ type }) => type === "Ready");
  if (said?.reason !== reason || said.message !== message)
    events.tell(issuer, { type: isReady ? "Normal" : "Warning", reason, message });
  const given = isJsonObject(issuer.status) ? (issuer.status as JsonObject) : {};
  await statuses.write(issuer, {
    ...given,
    ...status,
    conditions: conditions.map((one): JsonObject => ({ ...one })),
  });
  return lookAgain === undefined ? undefined : now.add(lookAgain);
}
