/** What becomes of each Certificate when Sekisho takes it over from cert-manager: by the very checks that decide it then. */

import { compareText } from "#base/compare.ts";
import { textAt } from "#base/json-path.ts";
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
  const seen: Seen = {
    ...{ left, now },
    secrets: new Map(left.secrets.map((one) => [pathOf(one), one])),
    rivals: Map.groupBy(left.certificates, (one) => targetOf(one) ?? ""),
    requests: byOwner(left.requests),
    orders: byOwner(left.orders),
  };
  return left.certificates
    .toSorted((a, b) => compareText(pathOf(a), pathOf(b)))
    .map((object) => ({ certificate: pathOf(object), ...judge(seen, object) }));
}

type Judgement = Omit<CertificateVerdict, "certificate">;

/** The same with ways from one object to another: there can be many thousands. */
interface Seen {
  readonly left: LeftBehind;
  readonly now: Temporal.Instant;
  /** By `namespace/name`. */
  readonly secrets: ReadonlyMap<string, KubeObject>;
  /** Certificates into one Secret, by its `namespace/name`. */
  readonly rivals: ReadonlyMap<string, readonly KubeObject[]>;
  /** By the uid of their owner. */
  readonly requests: ReadonlyMap<string, readonly KubeObject[]>;
  readonly orders: ReadonlyMap<string, readonly KubeObject[]>;
}

function pathOf({ metadata }: KubeObject): string {
  return `${metadata.namespace}/${metadata.name}`;
}

function targetOf(certificate: KubeObject): string | undefined {
  const name = textAt(certificate.body, "spec", "secretName");
  return name === undefined ? undefined : `${certificate.metadata.namespace}/${name}`;
}

function byOwner(objects: readonly KubeObject[]): Seen["requests"] {
  return Map.groupBy(
    objects,
    ({ metadata }) => metadata.ownerReferences.find(({ controller }) => controller)?.uid ?? "",
  );
}

function judge(seen: Seen, object: KubeObject): Judgement {
  const { value, problems } = read(certificateKind, object);
  const problem = problems.find((one) => one.problem !== "unknown");
  if (value === undefined || problem !== undefined) {
    const why = `${problem?.path ?? "spec"}: ${problem?.message ?? "cannot be read"}`;
    return { verdict: "not supported", why };
  }
  const { spec } = value;
  const unserved = whyUnserved(seen.left, object, spec);
  if (unserved !== undefined) return { verdict: "not supported", why: unserved };
  const issuing = conditionOf(parseCertificateStatus(object.status), "Issuing");
  if (issuing?.status === "True") return { verdict: "goes on", why: whatIsBegun(seen, object) };
  return judgeSecret(seen, object, spec);
}

function judgeSecret(seen: Seen, object: KubeObject, spec: CertificateSpec): Judgement {
  const { left, now } = seen;
  const { name, namespace } = object.metadata;
  const { secretName } = spec;
  const secret = seen.secrets.get(`${namespace}/${secretName}`);
  if (secret === undefined && left.isUnknown(namespace, secretName))
    return { verdict: "unknown", why: `its Secret ${secretName} could not be read` };
  const winner = winnerOf(seen.rivals.get(`${namespace}/${secretName}`) ?? [], secret);
  if (winner !== undefined && winner.metadata.name !== name)
    return { verdict: "kept", why: `Secret ${secretName} is that of ${winner.metadata.name}` };
  const current = currentRequest(seen, object);
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

function currentRequest({ requests }: Seen, object: KubeObject): KubeObject | undefined {
  const { revision } = parseCertificateStatus(object.status);
  return requests
    .get(object.metadata.uid)
    ?.find(({ metadata }) => metadata.annotations[requestAnnotations.revision] === `${revision}`);
}

function whatIsBegun({ requests, orders }: Seen, object: KubeObject): string {
  const open = (requests.get(object.metadata.uid) ?? [])
    .flatMap(({ metadata }) => orders.get(metadata.uid) ?? [])
    .find((order) => !isFinalState(readOrderStatus(order).state));
  return open === undefined
    ? "it is being issued"
    : `it is being issued by Order ${open.metadata.name}, which is open`;
}
