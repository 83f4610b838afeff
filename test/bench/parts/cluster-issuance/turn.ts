/** One turn of one who issues: started, warmed up with one certificate, and then many at once. */

import { cpuMsOf, memoryOf } from "../../measure/process-cost.ts";
import { begin, type ClusterIssuer } from "../../subjects/cluster/cluster-issuer.ts";
import { authorityName, type IssuingPlace, type IssuingStage } from "./stage.ts";
import { type IssuingUse, issuingUseOf } from "./use.ts";

export interface Turn {
  readonly subject: string;
  readonly certificates: number;
  /** From the first creation to the last Ready. */
  readonly wallMs: number;
  /** Of its control plane, until it had nothing left to write. */
  readonly cpuMs: number;
  readonly residentKb: number;
  readonly use: IssuingUse;
}

/** So many creations are under way at most. */
const writers = 16;

export async function takeTurn(
  stage: IssuingStage,
  issuer: ClusterIssuer,
  { certificates, namespace }: { readonly certificates: number; readonly namespace: string },
): Promise<Turn> {
  await using undo = new AsyncDisposableStack();
  const place = undo.use(await stage.open(namespace));
  const running = await begin(stage.lab, issuer);
  undo.defer(() => running.end());
  const beginning = stage.listen(issuer);
  await place.create("warm-up", authorityName);
  await place.watch.untilReady(1);
  await beginning.untilStill();
  const listener = stage.listen(issuer);
  const cpuMs = cpuMsOf(running.pids());
  const began = performance.now();
  await createAll(place, certificates);
  const wallMs = (await place.watch.untilReady(certificates + 1)) - began;
  const requests = await listener.untilStill();
  return {
    ...{ subject: issuer.name, certificates, wallMs },
    cpuMs: cpuMsOf(running.pids()) - cpuMs,
    residentKb: memoryOf(running.pids()).residentKb,
    use: issuingUseOf(requests),
  };
}

async function createAll(place: IssuingPlace, certificates: number): Promise<void> {
  const queue = Array.from({ length: certificates }, (_, index) => `c-${index}`).values();
  const writer = async (): Promise<void> => {
    for (const name of queue) await place.create(name, authorityName);
  };
  await Promise.all(Array.from({ length: writers }, writer));
}
