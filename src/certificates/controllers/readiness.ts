/** Says whether the certificate in the Secret is the one that is asked for: the condition Ready, and the dates of the status. */

import { whyNotReady } from "../policies/issuance-chain.ts";
import { isPair, type Reason } from "../policies/stored-pair.ts";
import { isTemporary } from "../temporary-certificate.ts";
import { type Controller, type ControllerDeps, conclude } from "./controller.ts";
import { findRenewal, gatherFacts } from "./due.ts";

const ready: Reason = {
  reason: "Ready",
  message: "Certificate is up to date and has not expired",
};

export function createReadinessController({
  world,
  events,
}: Pick<ControllerDeps, "world" | "events">): Controller {
  return async (seen) => {
    const { object, spec, now } = seen;
    const facts = gatherFacts(world, seen);
    const { pair } = facts;
    const temporary: Reason = {
      reason: "TemporaryCertificate",
      message: "A temporary certificate serves until the issuer has signed",
    };
    const why = isPair(pair) && isTemporary(pair.leaf) ? temporary : whyNotReady(facts);
    const { at, windowProblem } = findRenewal(world, seen);
    if (windowProblem !== undefined) {
      const message = `Renewal windows are not kept: ${windowProblem}`;
      events.tell(object, { type: "Warning", reason: "WindowError", message });
    }
    const status = conclude(seen, "Ready", {
      isTrue: why === undefined,
      ...(why ?? ready),
    });
    if (!isPair(pair)) {
      const { notBefore: _, notAfter: __, renewalTime: ___, ...rest } = status;
      return { status: rest };
    }
    const { notBefore, notAfter } = pair.leaf;
    const isOver = Temporal.Instant.compare(notAfter, now) <= 0;
    return {
      status: {
        ...status,
        notBefore: notBefore.toString(),
        notAfter: notAfter.toString(),
        renewalTime: at?.toString(),
      },
      again: spec.renewal?.policy === "Disabled" && !isOver ? notAfter : undefined,
    };
  };
}
