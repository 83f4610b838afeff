/** What becomes of each Certificate when Sekisho takes it over from cert-manager: by the very checks that decide it then. */

import { compareText } from "#base/compare.ts";
import { requestAnnotations } from "#certificates/annotations.ts";
import { conditionOf, parseCertificateStatus } from "#certificates/certificate-status.ts";
import { winnerOf } from "#certificates/policies/duplicates.ts";
import { whyIssue } from "#certificates/policies/issuance-chain.ts";
import { renewalTime } from "#certificates/policies/renewal-time.ts";
import { readRequest } from "#certificates/policies/request-facts.ts";
import { isPair, readStoredPair } from "#certificates/policies/stored-pair.ts";
import { isFinalState } from "#kinds/cert-manager/acme-state.ts";
import { certificateKind } from "#kinds/cert-manager/certificate.ts";
import type { CertificateSpec } from "#kinds/cert-manager/certificate-spec.ts";
import { readOrderStatus } from "#kinds/cert-manager/order.ts";
import { read } from "#kinds/kind.ts";
import type { KubeObject } from "#kinds/object.ts";
import { missingIssuer, whyUnserved } from "./issuer-support.ts";
import type { LeftBehind } from "./left-behind.ts";

export interface CertificateVerdict {
  /** `namespace/name` */
  readonly certificate: string;
  /**
   * `kept`: nothing is issued or written. `goes on`: what was begun is finished. `issued anew`: at once, as cert-manager
   * would. `not supported`: it holds until it ends, and what is named is not done here.
   */
  readonly verdict: "kept" | "goes on" | "issued anew" | "not supported" | "unknown";
  readonly why: string;
}

/** Sorted by namespace and name. */
export function judgeCertificates(
  left: LeftBehind,
  now: Temporal.Instant,
): readonly CertificateVerdict[] {
  const key = ({ metadata }: KubeObject): string => `${metadata.namespace}/${metadata.name}`;
  return left.certificates
    .toSorted((a, b) => compareText(key(a), key(b)))
    .map((object) => ({ certificate: key(object), ...judge(left, object, now) }));
}

type Judgement = Omit<CertificateVerdict, "certificate">;

function judge(left: LeftBehind, object: KubeObject, now: Temporal.Instant): Judgement {
  const { value, problems } = read(certificateKind, object);
  const problem = problems.find((one) => one.problem !== "unknown");
  if (value === undefined || problem !== undefined) {
    const why = `${problem?.path ?? "spec"}: ${problem?.message ?? "cannot be read"}`;
    return { verdict: "not supported", why };
  }
  const { spec } = value;
  const unserved = whyUnserved(left, object, spec);
  if (unserved !== undefined) return { verdict: "not supported", why: unserved };
  const issuing = conditionOf(parseCertificateStatus(object.status), "Issuing");
  if (issuing?.status === "True") return { verdict: "goes on", why: whatIsBegun(left, object) };
  return judgeSecret(left, object, { spec, now });
}

function judgeSecret(
  left: LeftBehind,
  object: KubeObject,
  { spec, now }: { readonly spec: CertificateSpec; readonly now: Temporal.Instant },
): Judgement {
  const { name, namespace } = object.metadata;
  const { secretName } = spec;
  const secret = left.secrets.find(
    ({ metadata }) => metadata.namespace === namespace && metadata.name === secretName,
  );
  if (secret === undefined && left.isUnknown(namespace, secretName))
    return { verdict: "unknown", why: `its Secret ${secretName} could not be read` };
  const winner = winnerOf(certificatesInto(left, namespace, secretName), secret);
  if (winner !== undefined && winner.metadata.name !== name)
    return { verdict: "kept", why: `Secret ${secretName} is that of ${winner.metadata.name}` };
  const current = currentRequest(left, object);
  const pair = readStoredPair(secret);
  const { at } = isPair(pair) ? renewalTime(pair.leaf, spec) : {};
  const why = whyIssue({
    ...{ name, spec, secret, pair, now, renewalTime: at },
    current: current === undefined ? undefined : readRequest(current),
  });
  if (why !== undefined) return { verdict: "issued anew", why: `${why.reason}: ${why.message}` };
  const renewed = at === undefined ? "it is never renewed" : `it is renewed on ${at.toString()}`;
  const missing = missingIssuer(left, object, spec);
  const doubt = missing === undefined ? "" : `, and its issuer, ${missing}, was not found`;
  return { verdict: "kept", why: `${renewed}${doubt}` };
}

function certificatesInto(
  { certificates }: LeftBehind,
  namespace: string,
  secretName: string,
): readonly KubeObject[] {
  return certificates.filter(
    (one) =>
      one.metadata.namespace === namespace &&
      read(certificateKind, one).value?.spec.secretName === secretName,
  );
}

function requestsOf({ requests }: LeftBehind, { metadata }: KubeObject): readonly KubeObject[] {
  return requests.filter((one) =>
    one.metadata.ownerReferences.some(({ uid }) => uid === metadata.uid),
  );
}

function currentRequest(left: LeftBehind, object: KubeObject): KubeObject | undefined {
  const { revision } = parseCertificateStatus(object.status);
  return requestsOf(left, object).find(
    ({ metadata }) => metadata.annotations[requestAnnotations.revision] === `${revision}`,
  );
}

function whatIsBegun(left: LeftBehind, object: KubeObject): string {
  const owners = new Set(requestsOf(left, object).map(({ metadata }) => metadata.uid));
  const open = left.orders.find(
    (order) =>
      order.metadata.ownerReferences.some(({ uid }) => owners.has(uid)) &&
      !isFinalState(readOrderStatus(order).state),
  );
  return open === undefined
    ? "it is being issued"
    : `it is being issued by Order ${open.metadata.name}, which is open`;
}
