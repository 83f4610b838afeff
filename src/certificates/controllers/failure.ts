/** Counts an issuance that failed. */

import type { CertificateStatus } from "../certificate-status.ts";
import type { Reason } from "../policies/stored-pair.ts";
import { conclude, type Seen } from "./controller.ts";

/** The status then: Issuing is False, and says why. */
export function failed(seen: Seen, why: Reason): CertificateStatus {
  const { status, now } = seen;
  return {
    ...conclude(seen, "Issuing", { isTrue: false, ...why }),
    lastFailureTime: now.toString({ smallestUnit: "second" }),
    failedIssuanceAttempts: (status.failedIssuanceAttempts ?? 0) + 1,
  };
}
