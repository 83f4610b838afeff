/**
 * Whether a certificate may be asked for, by the CertificateRequestPolicies that there are (approver-policy's rules): one that
 * applies and has nothing against it is enough, and what a policy does not say is not allowed.
 */

import { parseGoDurationMs } from "#base/go-duration.ts";
import { ok, type Result } from "#base/result.ts";
import { attributeTypes, valuesOf } from "#crypto/x509/subject-name.ts";
import {
  type AllowedText,
  type AllowedTexts,
  type RequestPolicySpec,
  requestPolicyKind,
} from "#kinds/cert-manager/request-policy.ts";
import { read } from "#kinds/kind.ts";
import type { KubeObject } from "#kinds/object.ts";
import { textsOf } from "../policies/differences.ts";
import type { AskedCertificate } from "./asked-certificate.ts";

export interface NamedPolicy {
  readonly name: string;
  readonly spec: RequestPolicySpec;
}

export type Judgement =
  /** By a policy; absent: there is none at all. */
  | { readonly kind: "approved"; readonly policy?: string }
  /** Every policy that applies has something against it. */
  | { readonly kind: "denied"; readonly why: string }
  /** There are policies, and none of them applies: it is somebody else's to decide. `why`: some would, for others. */
  | { readonly kind: "undecided"; readonly why?: string };

/** By policies that are about it. */
export function judgeRequest(policies: readonly NamedPolicy[], asked: AskedCertificate): Judgement {
  if (policies.length === 0) return { kind: "undecided" };
  const found = policies.map(({ name, spec }) => ({ name, against: objections(spec, asked) }));
  const approving = found.find(({ against }) => against.length === 0);
  if (approving !== undefined) return { kind: "approved", policy: approving.name };
  const why = found.map(({ name, against }) => `${name}: ${against.join(", ")}`).join("; ");
  return { kind: "denied", why };
}

/** The error says why a policy is not judged by here: one that is not understood as a whole could mean to refuse. */
export function readPolicy(object: KubeObject): Result<RequestPolicySpec, string> {
  const { value, problems } = read(requestPolicyKind, object);
  const [problem] = problems;
  if (value === undefined || problem !== undefined)
    return { ok: false, error: problem === undefined ? "" : `${problem.path}: ${problem.message}` };
  const unjudged = unjudgedFields(value.spec);
  if (unjudged.length === 0) return ok(value.spec);
  return { ok: false, error: `it is not judged here by ${unjudged.join(", ")}` };
}

function unjudgedFields({
  allowed = {},
  plugins = {},
  selector,
}: RequestPolicySpec): readonly string[] {
  const { subject = {}, isCA: _, usages: __, ...names } = allowed;
  const validated = (
    path: string,
    parts: Readonly<Record<string, AllowedText | AllowedTexts>>,
  ): readonly string[] =>
    Object.entries(parts).flatMap(([field, { validations = [] }]) =>
      validations.length === 0 ? [] : [`${path}.${field}.validations`],
    );
  return [
    ...(Object.keys(plugins).length === 0 ? [] : ["spec.plugins"]),
    ...(Object.keys(selector.namespace?.matchLabels ?? {}).length === 0
      ? []
      : ["spec.selector.namespace.matchLabels"]),
    ...validated("spec.allowed", names),
    ...validated("spec.allowed.subject", subject),
  ];
}

/** Whether a request is one of those that a policy is for. */
export function isAbout(
  { selector }: RequestPolicySpec,
  { issuer, namespace }: AskedCertificate,
): boolean {
  const { name, kind, group } = selector.issuerRef ?? {};
  const names = selector.namespace?.matchNames ?? [];
  return (
    isLike(issuer.name, name) &&
    isLike(issuer.kind, kind) &&
    isLike(issuer.group, group) &&
    (names.length === 0 || names.some((pattern) => isLike(namespace, pattern)))
  );
}

/** `*` stands for any characters; no pattern takes everything. In linear time: patterns and texts are other people's. */
export function isLike(said: string, pattern = "*"): boolean {
  const [first = "", ...rest] = pattern.split("*");
  if (rest.length === 0) return said === pattern;
  const last = rest.pop() ?? "";
  if (!said.startsWith(first) || said.length < first.length + last.length) return false;
  let at = first.length;
  for (const part of rest) {
    const found = said.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return said.endsWith(last) && said.length - last.length >= at;
}

const namesByKind = [
  ["dnsNames", "dns"],
  ["ipAddresses", "ip"],
  ["uris", "uri"],
  ["emailAddresses", "email"],
] as const;

const subjectFields = [
  ["organizations", attributeTypes.O],
  ["countries", attributeTypes.C],
  ["organizationalUnits", attributeTypes.OU],
  ["localities", attributeTypes.L],
  ["provinces", attributeTypes.ST],
  ["streetAddresses", attributeTypes.STREET],
  ["postalCodes", attributeTypes.POSTALCODE],
] as const;

/** The other types of attributes no policy has a word for. */
const judged: ReadonlySet<string> = new Set([
  ...[attributeTypes.CN, attributeTypes.SERIALNUMBER],
  ...subjectFields.map(([, type]) => type),
]);

/** Each as text; none: it may be asked for. */
function objections(
  { allowed = {}, constraints = {} }: RequestPolicySpec,
  asked: AskedCertificate,
): readonly string[] {
  const { subject, alternativeNames, isCA, usages } = asked;
  const { serialNumber, ...subjectRules } = allowed.subject ?? {};
  const wrongUsages = usages.filter(
    (usage) => !(allowed.usages ?? []).some((one) => one === usage),
  );
  return [
    ...wrongText("commonName", valuesOf(subject, attributeTypes.CN), allowed.commonName),
    ...namesByKind.flatMap(([field, kind]) =>
      wrongTexts(field, textsOf(alternativeNames, kind), allowed[field]),
    ),
    ...subjectFields.flatMap(([field, type]) =>
      wrongTexts(`subject.${field}`, valuesOf(subject, type), subjectRules[field]),
    ),
    ...wrongText(
      "subject.serialNumber",
      valuesOf(subject, attributeTypes.SERIALNUMBER),
      serialNumber,
    ),
    // No policy has a word for these.
    ...textsOf(alternativeNames, "other").map((name) => `otherNames: ${name}`),
    ...subject.flat().flatMap(({ type }) => (judged.has(type) ? [] : [`subject: ${type}`])),
    ...(isCA && allowed.isCA !== true ? ["isCA"] : []),
    ...(wrongUsages.length === 0 ? [] : [`usages: ${wrongUsages.join(", ")}`]),
    ...outOfBounds(constraints, asked),
  ];
}

type Bounds = NonNullable<RequestPolicySpec["constraints"]>;

function wrongText(
  field: string,
  said: readonly string[],
  { required = false, value }: AllowedText = {},
): readonly string[] {
  return wrongTexts(field, said, { required, values: value === undefined ? [] : [value] });
}

function wrongTexts(
  field: string,
  said: readonly string[],
  { required = false, values = [] }: AllowedTexts = {},
): readonly string[] {
  if (said.length === 0) return required ? [`${field} is missing`] : [];
  return said
    .filter((one) => !values.some((pattern) => isLike(one, pattern)))
    .map((one) => `${field}: ${one}`);
}

function outOfBounds(
  { minDuration, maxDuration, privateKey = {} }: Bounds,
  { durationMs, key }: AskedCertificate,
): readonly string[] {
  const { algorithm, minSize, maxSize } = privateKey;
  const size = key?.size ?? 0;
  // A bound that cannot be read lets nothing through.
  const isShort = minDuration !== undefined && !(durationMs >= millisecondsOf(minDuration));
  const isLong = maxDuration !== undefined && !(durationMs <= millisecondsOf(maxDuration));
  return [
    ...(isShort ? [`duration is less than ${minDuration}`] : []),
    ...(isLong ? [`duration is more than ${maxDuration}`] : []),
    ...(algorithm === undefined || key?.algorithm === algorithm
      ? []
      : [`privateKey.algorithm is not ${algorithm}`]),
    ...(minSize === undefined || size >= minSize ? [] : [`privateKey.size is below ${minSize}`]),
    ...(maxSize === undefined || (key !== undefined && size <= maxSize)
      ? []
      : [`privateKey.size is above ${maxSize}`]),
  ];
}

function millisecondsOf(duration: string): number {
  return parseGoDurationMs(duration) ?? Number.NaN;
}
