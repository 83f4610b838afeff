/**
 * Whether cert-manager would issue a Certificate anew that it finds as it is: its trigger checks in their order, for the
 * first and the last version whose objects are taken over. Written from what its documentation and its own tests state.
 */

import { createPrivateKey, createPublicKey, type KeyObject, X509Certificate } from "node:crypto";
import { isIPv6 } from "node:net";
import { type Names, namesInCertificate, namesInRequest } from "./names.ts";

export type CertManagerVersion = "1.9" | "1.21";

type Fields = Readonly<Record<string, unknown>>;

/** An object as kubectl shows it. */
export interface Manifest {
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly labels?: Readonly<Record<string, string>>;
    readonly ownerReferences?: readonly { readonly uid: string }[];
  };
  readonly spec?: unknown;
  readonly status?: unknown;
  readonly data?: unknown;
}

export interface Findings {
  readonly certificate: Manifest;
  readonly secret: Manifest | undefined;
  /** Of the namespace. */
  readonly requests: readonly Manifest[];
  readonly nowMs: number;
}

/** The reason that it would write; undefined where it leaves the certificate alone. */
export function whyReissue(version: CertManagerVersion, found: Findings): string | undefined {
  const { certificate, secret } = found;
  if (isIssuing(certificate)) return "Issuing";
  if (secret === undefined) return "DoesNotExist";
  const [key, chain] = [fileIn(secret, "tls.key"), fileIn(secret, "tls.crt")];
  if (key === "" || chain === "") return "MissingData";
  const pair = readPair(key, chain);
  if (pair === undefined) return "InvalidKeyPair";
  if (!isIssuerNamed(version, certificate, secret)) return "IncorrectIssuer";
  const named = secret.metadata.annotations?.["cert-manager.io/certificate-name"];
  if (version === "1.21" && named !== undefined && named !== certificate.metadata.name)
    return "IncorrectCertificate";
  if (!isKeyAsked(pair.key, certificate)) return "SecretMismatch";
  const why = whyRequestDiffers(version, found, pair);
  return why ?? (isDue(certificate, pair.leaf, found.nowMs) ? "Renewing" : undefined);
}

interface Pair {
  readonly key: KeyObject;
  readonly leaf: X509Certificate;
  readonly names: Names;
}

function readPair(key: string, chain: string): Pair | undefined {
  try {
    const pair = {
      key: createPrivateKey(key),
      leaf: new X509Certificate(chain),
      names: namesInCertificate(chain),
    };
    return pair.names.publicKey.equals(createPublicKey(key)) ? pair : undefined;
  } catch {
    // Bytes that are neither are what is asked about.
    return undefined;
  }
}

function isIssuing({ status }: Manifest): boolean {
  const conditions = fieldsOf(status)["conditions"];
  return (
    Array.isArray(conditions) &&
    conditions.map(fieldsOf).some(({ type, status }) => type === "Issuing" && status === "True")
  );
}

const keyBits: Readonly<Record<string, number>> = {
  prime256v1: 256,
  secp384r1: 384,
  secp521r1: 521,
};

function isKeyAsked(key: KeyObject, { spec }: Manifest): boolean {
  const asked = fieldsOf(fieldsOf(spec)["privateKey"]);
  const details = key.asymmetricKeyDetails ?? {};
  switch (asked["algorithm"] ?? "RSA") {
    case "RSA":
      return key.asymmetricKeyType === "rsa" && details.modulusLength === (asked["size"] || 2048);
    case "ECDSA":
      return (
        key.asymmetricKeyType === "ec" &&
        keyBits[details.namedCurve ?? ""] === (asked["size"] || 256)
      );
    default:
      return key.asymmetricKeyType === "ed25519";
  }
}

/** 1.21 misses no name where nothing at all is written, but still compares kind and group. */
function isIssuerNamed(
  version: CertManagerVersion,
  { spec }: Manifest,
  { metadata: { annotations = {} } }: Manifest,
): boolean {
  const asked = fieldsOf(fieldsOf(spec)["issuerRef"]);
  const written = (what: string): string | undefined =>
    annotations[`cert-manager.io/issuer-${what}`];
  const isSaid = ["name", "kind", "group"].some((what) => written(what) !== undefined);
  const isNameMissed = (version === "1.9" || isSaid) && (written("name") ?? "") !== asked["name"];
  return (
    !isNameMissed &&
    (written("kind") || "Issuer") === (asked["kind"] || "Issuer") &&
    (written("group") || ownGroup) === (asked["group"] || ownGroup)
  );
}

const ownGroup = "cert-manager.io";

function whyRequestDiffers(
  version: CertManagerVersion,
  { certificate, requests }: Findings,
  pair: Pair,
): string | undefined {
  const { revision } = fieldsOf(certificate.status);
  const request = requests.find(
    ({ metadata: { annotations = {}, ownerReferences = [] } }) =>
      annotations["cert-manager.io/certificate-revision"] === `${revision}` &&
      ownerReferences.some(({ uid }) => uid === certificate.metadata.uid),
  );
  const spec = fieldsOf(certificate.spec);
  if (request === undefined) return areNamesLike(pair.names, spec) ? undefined : "SecretMismatch";
  const asked = fieldsOf(request.spec);
  const names = namesInRequest(Buffer.from(String(asked["request"]), "base64").toString());
  if (version === "1.21" && !names.publicKey.equals(pair.names.publicKey)) return "SecretMismatch";
  return isSameRequest(names, asked, spec) ? undefined : "RequestChanged";
}

const subjectFields = [
  ["2.5.4.6", "countries"],
  ["2.5.4.10", "organizations"],
  ["2.5.4.11", "organizationalUnits"],
  ["2.5.4.7", "localities"],
  ["2.5.4.8", "provinces"],
  ["2.5.4.9", "streetAddresses"],
  ["2.5.4.17", "postalCodes"],
] as const;
const commonName = "2.5.4.3";
const serialNumber = "2.5.4.5";

function isSameRequest(names: Names, asked: Fields, spec: Fields): boolean {
  const subject = fieldsOf(spec["subject"]);
  const said = (type: string): readonly string[] => names.subject.get(type) ?? [];
  return (
    areAlternativesSame(names, spec) &&
    isSameList(names.dnsNames, listOf(spec["dnsNames"])) &&
    (said(commonName)[0] ?? "") === (spec["commonName"] ?? "") &&
    (said(serialNumber)[0] ?? "") === (subject["serialNumber"] ?? "") &&
    subjectFields.every(([type, field]) => isSameList(said(type), listOf(subject[field]))) &&
    (asked["isCA"] ?? false) === (spec["isCA"] ?? false) &&
    isSameList(listOf(asked["usages"]), listOf(spec["usages"])) &&
    areDurationsSame(asked["duration"], spec["duration"]) &&
    issuerText(asked["issuerRef"]) === issuerText(spec["issuerRef"])
  );
}

/** Only where both say one. */
function areDurationsSame(one: unknown, other: unknown): boolean {
  return one === undefined || other === undefined || hoursOf(one) === hoursOf(other);
}

function issuerText(reference: unknown): string {
  const { name, kind, group } = fieldsOf(reference);
  return [name, kind || "Issuer", group || ownGroup].join(" ");
}

/** Where the request is gone, names may have moved between the common name and the DNS names. */
function areNamesLike(names: Names, spec: Fields): boolean {
  const given = new Set([...names.dnsNames, ...(names.subject.get(commonName) ?? [])]);
  const asked = new Set([...listOf(spec["dnsNames"]), ...listOf([spec["commonName"] ?? ""])]);
  given.delete("");
  asked.delete("");
  return isSameList([...given], [...asked]) && areAlternativesSame(names, spec);
}

function areAlternativesSame(names: Names, spec: Fields): boolean {
  return (
    isSameList(names.ipAddresses, listOf(spec["ipAddresses"]).map(addressHex)) &&
    isSameList(names.uris, listOf(spec["uris"])) &&
    isSameList(names.emailAddresses, listOf(spec["emailAddresses"]))
  );
}

/** Two thirds of its life, or as long before the end as the spec says. */
function isDue({ spec }: Manifest, leaf: X509Certificate, nowMs: number): boolean {
  const { renewBefore, renewBeforePercentage } = fieldsOf(spec);
  const [from, to] = [leaf.validFromDate.getTime(), leaf.validToDate.getTime()];
  const lifeMs = to - from;
  const asked = renewBefore === undefined ? 0 : hoursOf(renewBefore) * hourMs;
  const part = typeof renewBeforePercentage === "number" ? renewBeforePercentage / 100 : 1 / 3;
  const beforeMs = asked > 0 && asked < lifeMs ? asked : lifeMs * part;
  return nowMs >= Math.floor((to - beforeMs) / 1000) * 1000;
}

const hourMs = 3_600_000;

/** Of what fixtures say: `2160h`, `2160h0m0s`. */
function hoursOf(duration: unknown): number {
  const [, hours = "0", minutes = "0"] =
    /^(\d+)h(?:(\d+)m)?(?:\d+s)?$/.exec(String(duration)) ?? [];
  return Number(hours) + Number(minutes) / 60;
}

function addressHex(address: string): string {
  if (!isIPv6(address)) return Buffer.from(address.split(".").map(Number)).toString("hex");
  const [head = "", tail] = address.split("::");
  const groups = (text = ""): readonly string[] => (text === "" ? [] : text.split(":"));
  const [front, back] = [groups(head), groups(tail)];
  const zeros = Array.from({ length: 8 - front.length - back.length }, () => "0");
  return [...front, ...zeros, ...back].map((one) => one.padStart(4, "0")).join("");
}

function isSameList(one: readonly string[], other: readonly string[]): boolean {
  return JSON.stringify(one.toSorted()) === JSON.stringify(other.toSorted());
}

function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}

function listOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];
}

function fileIn({ data }: Manifest, name: string): string {
  return Buffer.from(String(fieldsOf(data)[name] ?? ""), "base64").toString();
}
