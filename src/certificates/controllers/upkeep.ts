/** Keeps a Secret in step with what of the spec needs no new certificate: labels, annotations, forms of the key, keystores. */

import { conditionOf } from "../certificate-status.ts";
import { winnerOf } from "../policies/duplicates.ts";
import { whyNotReady } from "../policies/issuance-chain.ts";
import { isPair } from "../policies/stored-pair.ts";
import { isTemporary } from "../temporary-certificate.ts";
import type { Controller, ControllerDeps } from "./controller.ts";
import { gatherFacts } from "./due.ts";
import { pairIn, writeSecret } from "./secret-writer.ts";

/** How soon a password that was missing is looked for again. */
const passwordMs = 60_000;

export function createUpkeepController(
  deps: Pick<ControllerDeps, "store" | "world" | "events" | "ownsSecrets">,
): Controller {
  const { world } = deps;
  return async (seen) => {
    const { object, spec, status, now } = seen;
    if (conditionOf(status, "Issuing")?.status === "True") return { status };
    const { namespace, uid } = object.metadata;
    const secret = world.secret(namespace, spec.secretName);
    if (secret === undefined) return { status };
    const winner = winnerOf(world.certificatesInto(namespace, spec.secretName), secret);
    const stored = world.pairOf(secret);
    if (winner?.metadata.uid !== uid || !isPair(stored) || isTemporary(stored.leaf))
      return { status };
    // What is of somebody else, or of an earlier spec, is left as it is until it is issued anew.
    const why = whyNotReady(gatherFacts(world, seen));
    const pair = why === undefined || why.reason === "Expired" ? pairIn(deps, secret) : undefined;
    if (pair === undefined) return { status };
    const written = await writeSecret(deps, { object, spec, pair, is: "there already" });
    return written ? { status } : { status, again: now.add({ milliseconds: passwordMs }) };
  };
}
