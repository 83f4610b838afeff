/** Issuers that have AWS Private CA sign: AWSPCAIssuer and AWSPCAClusterIssuer. */

import { awsPcaClusterIssuerKind, awsPcaIssuerKind } from "#kinds/cert-manager/aws-pca-issuer.ts";
import { findCondition } from "#kinds/condition.ts";
import type { KubeObject } from "#kinds/object.ts";
import { AwsError, type AwsErrorCode } from "../../aws/aws-error.ts";
import type { IssuerBackend, IssuerDeps, IssuerVerdict } from "../issuer.ts";
import type { Authority } from "./private-ca.ts";
import { Signatories } from "./signatories.ts";
import { outcomeOf, signRequest } from "./signing.ts";

/** A ready issuer is looked at again, too: an authority can be disabled in AWS. */
const everNow = Temporal.Duration.from({ minutes: 10 });
const soon = Temporal.Duration.from({ minutes: 1 });

/** An {@link IssuerBackend}. */
export function createAwsPca(
  deps: Pick<IssuerDeps, "clock" | "events" | "outbound" | "store" | "variables">,
): IssuerBackend {
  const signatories = new Signatories(deps);
  return {
    name: "aws-pca",
    issuerKinds: [awsPcaIssuerKind, awsPcaClusterIssuerKind],
    asksOthers: true,
    serves: () => true,
    verify: async (issuer, access) => {
      const opened = await signatories.open(issuer, access);
      if (!opened.ok)
        return { isReady: false, reason: "Validation", message: opened.error, lookAgain: soon };
      try {
        return verdictOn(await opened.value.describe());
      } catch (error) {
        if (error instanceof AwsError) return verdictAfter(error, issuer);
        throw error;
      }
    },
    sign: async ({ request, issuer, access }) => {
      const opened = await signatories.open(issuer, access);
      if (!opened.ok) return { kind: "outage", message: opened.error };
      try {
        const authority = await opened.value.described();
        return await signRequest(deps, { ...opened.value, authority }, request);
      } catch (error) {
        if (error instanceof AwsError) return outcomeOf(error);
        throw error;
      }
    },
  };
}

function verdictOn({ status, notAfter, signingAlgorithm }: Authority): IssuerVerdict {
  const certificateAuthority = {
    ...{ status, signingAlgorithm },
    ...(notAfter === undefined ? {} : { notAfter: notAfter.toString() }),
  };
  if (status === "ACTIVE")
    return {
      ...{ isReady: true, reason: "Verified", message: "Issuer verified", lookAgain: everNow },
      status: { certificateAuthority },
    };
  const message = `the certificate authority is ${status} in AWS; it signs when it is ACTIVE`;
  return {
    ...{ isReady: false, reason: "Error", message, lookAgain: soon },
    status: { certificateAuthority },
  };
}

/** What passes by itself says nothing about the issuer. */
const passing: readonly AwsErrorCode[] = ["throttled", "unanswered", "unreached"];

function verdictAfter(error: AwsError, issuer: KubeObject): IssuerVerdict {
  const before = findCondition(issuer.status, "Ready");
  const isSame = before?.observedGeneration === issuer.metadata.generation;
  if (before?.status === "True" && isSame && passing.includes(error.code))
    return { isReady: true, reason: before.reason, message: before.message, lookAgain: soon };
  return { isReady: false, reason: "Error", message: error.message, lookAgain: soon };
}
