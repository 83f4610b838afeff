/** The status of a Certificate: what of it is read, and the JSON that is written. */

import { isJsonObject, type Json, type JsonObject } from "#base/json.ts";
import { type Condition, conditionsOf } from "#kinds/condition.ts";

export interface CertificateStatus {
  readonly conditions: readonly Condition[];
  readonly notBefore?: string | undefined;
  readonly notAfter?: string | undefined;
  readonly renewalTime?: string | undefined;
  readonly revision?: number | undefined;
  readonly nextPrivateKeySecretName?: string | undefined;
  readonly lastFailureTime?: string | undefined;
  readonly failedIssuanceAttempts?: number | undefined;
  /** What others keep there stays. */
  readonly others: JsonObject;
}

const texts = [
  ...(["notBefore", "notAfter", "renewalTime", "nextPrivateKeySecretName"] as const),
  "lastFailureTime",
] as const;
const numbers = ["revision", "failedIssuanceAttempts"] as const;

/** Reads a status; what is not as it should be counts as absent. */
export function parseCertificateStatus(status: Json | undefined): CertificateStatus {
  const { conditions: _, ...rest } = isJsonObject(status) ? (status as JsonObject) : {};
  const known: Record<string, Json> = {};
  const others: Record<string, Json> = {};
  for (const [name, value] of Object.entries(rest)) {
    if (value === undefined) continue;
    const isText = (texts as readonly string[]).includes(name);
    const isNumber = (numbers as readonly string[]).includes(name);
    if (!isText && !isNumber) others[name] = value;
    else if (typeof value === (isText ? "string" : "number")) known[name] = value;
  }
  return { ...known, conditions: conditionsOf(status), others };
}

/** As it is written. */
export function formatCertificateStatus({
  others,
  conditions,
  ...known
}: CertificateStatus): JsonObject {
  const given = Object.entries(known).filter(([, value]) => value !== undefined);
  return {
    ...others,
    ...Object.fromEntries(given as [string, Json][]),
    ...(conditions.length === 0
      ? {}
      : { conditions: conditions.map((one): JsonObject => ({ ...one })) }),
  };
}

/** The condition of a type. */
export function conditionOf(status: CertificateStatus, type: string): Condition | undefined {
  return status.conditions.find((one) => one.type === type);
}

/** Without the condition of a type. */
export function withoutCondition(status: CertificateStatus, type: string): CertificateStatus {
  return { ...status, conditions: status.conditions.filter((one) => one.type !== type) };
}

/** A moment of a status; undefined for what is none. */
export function instantOf(text: Json | undefined): Temporal.Instant | undefined {
  if (typeof text !== "string") return undefined;
  try {
    return Temporal.Instant.from(text);
  } catch {
    // Anybody may have written it: that it is no moment is the answer.
    return undefined;
  }
}
