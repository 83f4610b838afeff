/** The checks by which a certificate is issued, or is not ready, in cert-manager's order: the first that hits says why. */

import { sameJson } from "#base/json.ts";
import type { Result } from "#base/result.ts";
import { describeKey } from "#crypto/keys/private-key.ts";
import type { CertificateSpec } from "#kinds/cert-manager/certificate-spec.ts";
import { withDefaults } from "#kinds/cert-manager/issuer-reference.ts";
import type { KubeObject } from "#kinds/object.ts";
import { secretAnnotations } from "../secret-annotations.ts";
import { wantedKey } from "../wanted-key.ts";
import { certificateDifferences, requestDifferences } from "./differences.ts";
import type { RequestFacts } from "./request-facts.ts";
import { isPair, type Reason, type StoredPair } from "./stored-pair.ts";

export interface IssuanceFacts {
  /** Of the Certificate. */
  readonly name: string;
  readonly spec: CertificateSpec;
  readonly secret: KubeObject | undefined;
  /** What the Secret holds. */
  readonly pair: StoredPair | Reason;
  /** The request that the certificate in the Secret was issued by; absent where it is gone or never was. */
  readonly current: Result<RequestFacts, string> | undefined;
  /** When it is due; absent: never, or nobody knows yet. */
  readonly renewalTime: Temporal.Instant | undefined;
  readonly now: Temporal.Instant;
}

/** Relies on a pair that was read, and on the Secret that it is in. */
type PairCheck = (pair: StoredPair, secret: KubeObject, facts: IssuanceFacts) => Reason | undefined;

/** A Secret that says nothing of an issuer was made by hand: by cert-manager's rule no name is missed then, but kind and group count as their defaults. */
const wrongIssuer: PairCheck = (_, { metadata: { annotations } }, { spec }) => {
  const { issuerName, issuerKind, issuerGroup } = secretAnnotations;
  const isSaid = [issuerName, issuerKind, issuerGroup].some(
    (key) => annotations[key] !== undefined,
  );
  const written = withDefaults({
    name: annotations[secretAnnotations.issuerName] ?? (isSaid ? "" : spec.issuerRef.name),
    kind: annotations[secretAnnotations.issuerKind],
    group: annotations[secretAnnotations.issuerGroup],
  });
  if (sameJson(written, withDefaults(spec.issuerRef))) return undefined;
  const { kind, group, name } = written;
  const message = `Issuing certificate as Secret was previously issued by "${kind}.${group}/${name}"`;
  return { reason: "IncorrectIssuer", message };
};

const wrongCertificate: PairCheck = (_, { metadata: { annotations } }, { name }) => {
  const written = annotations[secretAnnotations.certificateName];
  if (written === undefined || written === name) return undefined;
  const message = `Secret was issued for "${written}". If this message is not transient, you might have two conflicting Certificates pointing to the same secret.`;
  return { reason: "IncorrectCertificate", message };
};

const unfitKey: PairCheck = ({ key }, _, { spec }) => {
  const [found, wanted] = [describeKey(key), wantedKey(spec)];
  const fields = [
    ...(found?.algorithm === wanted.algorithm ? [] : ["spec.privateKey.algorithm"]),
    ...(found?.size === wanted.size ? [] : ["spec.privateKey.size"]),
  ];
  if (fields.length === 0) return undefined;
  const message = `Existing private key is not up to date for spec: [${fields.join(" ")}]`;
  return { reason: "SecretMismatch", message };
};

const changedRequest: PairCheck = ({ leaf }, _, { spec, current }) => {
  if (current === undefined) {
    const fields = certificateDifferences(leaf, spec);
    if (fields.length === 0) return undefined;
    const message = `Existing issued Secret is not up to date for spec: [${fields.join(" ")}]`;
    return { reason: "SecretMismatch", message };
  }
  if (!current.ok) {
    const message = `Failed to decode the signing request of the current CertificateRequest: ${current.error}`;
    return { reason: "InvalidCertificateRequest", message };
  }
  if (Buffer.compare(current.value.signing.publicKey, leaf.publicKey) !== 0) {
    const message =
      "Secret contains a private key that does not match the current CertificateRequest";
    return { reason: "SecretMismatch", message };
  }
  const fields = requestDifferences(current.value, spec);
  if (fields.length === 0) return undefined;
  const message = `Fields on existing CertificateRequest resource not up to date: [${fields.join(" ")}]`;
  return { reason: "RequestChanged", message };
};

const due: PairCheck = (_, __, { renewalTime, now }) => {
  if (renewalTime === undefined || Temporal.Instant.compare(now, renewalTime) < 0) return undefined;
  const message = `Renewing certificate as renewal was scheduled at ${renewalTime.toString()}`;
  return { reason: "Renewing", message };
};

const expired: PairCheck = ({ leaf }, _, { now }) => {
  if (Temporal.Instant.compare(now, leaf.notAfter) < 0) return undefined;
  const message = `Certificate expired on ${leaf.notAfter.toString()}`;
  return { reason: "Expired", message };
};

const common = [wrongIssuer, wrongCertificate, unfitKey, changedRequest] as const;

function firstOf(checks: readonly PairCheck[], facts: IssuanceFacts): Reason | undefined {
  const { secret, pair } = facts;
  if (!isPair(pair)) return pair;
  if (secret === undefined) return undefined;
  for (const check of checks) {
    const reason = check(pair, secret, facts);
    if (reason !== undefined) return reason;
  }
  return undefined;
}

/** Why a certificate is to be issued now; undefined where none is. */
export function whyIssue(facts: IssuanceFacts): Reason | undefined {
  return firstOf([...common, due], facts);
}

/** Why the certificate that there is will not do; undefined where it is ready. */
export function whyNotReady(facts: IssuanceFacts): Reason | undefined {
  return firstOf([...common, expired], facts);
}
