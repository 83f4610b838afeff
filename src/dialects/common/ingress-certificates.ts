/** Annotations of an Ingress by which certificates are asked for, one a Secret of its TLS entries (cert-manager, "Annotated Ingress resource"). */

import type { Finding } from "#base/finding.ts";
import { isJsonObject, type Json, type JsonObject } from "#base/json.ts";
import { isIpAddress } from "#base/network-text.ts";
import { type Ingress, ingressKind } from "#kinds/ingress.ts";
import type { Known } from "#kinds/kind.ts";
import type { Fragment } from "#model/fragment.ts";
import type { WantedCertificate, WantedIssuer } from "#model/wanted-certificate.ts";
import type { AutoCertificates } from "../dialect.ts";
import { findingAt, originOf } from "./findings.ts";
import { annotationField, honoured } from "./support.ts";

const prefix = "cert-manager.io/";
const usualUsages = ["digital signature", "key encipherment"];

/** Tells what cannot be read, and gives undefined. */
type Complain = (annotation: string, message: string) => undefined;

export interface AskedCertificates extends Pick<Fragment, "wantedCertificates"> {
  readonly findings: readonly Finding[];
}

/** What an Ingress asks for; `as-before` where an annotation cannot be read. */
export function certificatesOfIngress(
  object: Known<Ingress>,
  settings: AutoCertificates,
): AskedCertificates {
  const { annotations } = object.object.metadata;
  const isNamed = names.some((name) => annotations[`${prefix}${name}`] !== undefined);
  const auto = (settings.autoCertificateAnnotations ?? []).find((name) =>
    yes.has(annotations[name] ?? ""),
  );
  if (!isNamed && auto === undefined) return { findings: [] };
  const findings: Finding[] = [];
  const complain: Complain = (annotation, message) => {
    findings.push(
      findingAt(originOf(object), annotationField(`${prefix}${annotation}`), "error", {
        reason: "BadConfig",
        message: `no certificate is made for this Ingress: ${message}`,
        advice: "correct the annotation; certificates that were made before stay",
      }),
    );
    return undefined;
  };
  const { defaultIssuer } = settings;
  if (!isNamed && auto !== undefined && defaultIssuer === undefined)
    return { wantedCertificates: "as-before", findings: [withoutIssuer(object, auto)] };
  const issuer = isNamed ? issuerOf(annotations, complain) : otherwise(defaultIssuer, annotations);
  const fields = fieldsOf(annotations, complain);
  if (issuer === undefined || fields === undefined || findings.length > 0)
    return { wantedCertificates: "as-before", findings };
  const copied = (settings.extraCertificateAnnotations ?? []).map(
    (name) => [name, annotations[name] ?? null] as const,
  );
  const wishes = wishesOf(object, issuer, fields).map((wish) =>
    copied.length === 0 ? wish : { ...wish, copied: Object.fromEntries(copied) },
  );
  return { wantedCertificates: wishes, findings };
}

/** Either asks; the others only say how. */
const names = ["issuer", "cluster-issuer"];

/** What Go's strconv.ParseBool takes for true, as cert-manager reads an annotation that asks without naming an issuer. */
const yes: ReadonlySet<string> = new Set(["1", "t", "T", "TRUE", "true", "True"]);

/** The usual one of those, from the time before cert-manager. */
const usualAuto = "kubernetes.io/tls-acme";

function withoutIssuer(object: Known<Ingress>, annotation: string): Finding {
  return findingAt(originOf(object), annotationField(annotation), "warning", {
    reason: "BadConfig",
    message:
      "no certificate is made for this Ingress: it names no issuer, and no default issuer is set",
    advice:
      "annotate it with cert-manager.io/cluster-issuer: NAME, or set defaultIssuer in sekisho.yaml",
  });
}

const known: ReadonlySet<string> = new Set(
  [
    ...names,
    ...["issuer-kind", "issuer-group", "common-name", "alt-names", "ip-sans", "email-sans"],
    ...["duration", "renew-before", "renew-before-percentage", "usages", "revision-history-limit"],
    ...["private-key-algorithm", "private-key-encoding", "private-key-rotation-policy"],
    ...["private-key-size", "secret-template", "subject-serialnumber", "subject-organizations"],
    ...["subject-organizationalunits", "subject-countries", "subject-provinces"],
    ...["subject-localities", "subject-postalcodes", "subject-streetaddresses"],
  ].map((name) => `${prefix}${name}`),
)
  .add("acme.cert-manager.io/http01-edit-in-place")
  .add(usualAuto);

export const certificateSupport = honoured(ingressKind.id, ...[...known].map(annotationField));

/** Whether an annotation says something of a certificate that is asked for. */
export function isOfCertificate(
  annotation: string,
  { autoCertificateAnnotations = [], extraCertificateAnnotations = [] }: AutoCertificates,
): boolean {
  return (
    known.has(annotation) ||
    autoCertificateAnnotations.includes(annotation) ||
    extraCertificateAnnotations.includes(annotation)
  );
}

/** The default issuer; annotations may give it another kind and group. */
function otherwise(
  issuer: WantedIssuer | undefined,
  annotations: Readonly<Record<string, string>>,
): WantedIssuer | undefined {
  if (issuer === undefined) return undefined;
  const kind = annotations[`${prefix}issuer-kind`] ?? "";
  const group = annotations[`${prefix}issuer-group`] ?? "";
  return { ...issuer, ...(kind === "" ? {} : { kind }), ...(group === "" ? {} : { group }) };
}

function issuerOf(
  annotations: Readonly<Record<string, string>>,
  complain: Complain,
): WantedIssuer | undefined {
  const value = (name: string): string => annotations[`${prefix}${name}`] ?? "";
  const [issuer, clusterIssuer] = [value("issuer"), value("cluster-issuer")];
  const [kind, group] = [value("issuer-kind"), value("issuer-group")];
  if (clusterIssuer === "")
    return issuer === ""
      ? complain("issuer", "it names no issuer")
      : {
          name: issuer,
          kind: kind === "" ? "Issuer" : kind,
          ...(group === "" ? {} : { group }),
        };
  if (issuer !== "" || kind !== "" || group !== "")
    return complain("cluster-issuer", "it does not go with issuer, issuer-kind or issuer-group");
  return { name: clusterIssuer, kind: "ClusterIssuer" };
}

type Fields = Pick<WantedCertificate, "commonName" | "duration" | "renewBefore" | "usages"> & {
  readonly names: readonly string[];
  readonly addresses: readonly string[];
  readonly further: JsonObject;
};

const subjects: readonly (readonly [annotation: string, field: string])[] = [
  ["subject-organizations", "organizations"],
  ["subject-organizationalunits", "organizationalUnits"],
  ["subject-countries", "countries"],
  ["subject-provinces", "provinces"],
  ["subject-localities", "localities"],
  ["subject-postalcodes", "postalCodes"],
  ["subject-streetaddresses", "streetAddresses"],
];

const keyFields: readonly (readonly [annotation: string, field: string])[] = [
  ["private-key-algorithm", "algorithm"],
  ["private-key-encoding", "encoding"],
  ["private-key-rotation-policy", "rotationPolicy"],
];

const duration = /^((\d+\.?\d*|\.\d+)(ns|us|µs|ms|s|m|h))+$/;

function fieldsOf(
  annotations: Readonly<Record<string, string>>,
  complain: Complain,
): Fields | undefined {
  const value = (name: string): string | undefined => annotations[`${prefix}${name}`];
  const list = (name: string): readonly string[] => parseCsv(value(name) ?? "");
  const number = (name: string): number | undefined => {
    const text = value(name);
    if (text === undefined) return undefined;
    return /^\d{1,9}$/.test(text)
      ? Number(text)
      : complain(name, `${JSON.stringify(text)} is no number`);
  };
  const span = (name: string): string | undefined => {
    const text = value(name);
    if (text === undefined || duration.test(text)) return text;
    return complain(name, `${JSON.stringify(text)} is no duration such as 2160h`);
  };
  const emails = list("email-sans");
  const subject = subjectOf(list, value("subject-serialnumber"));
  const privateKey = privateKeyOf(value, number("private-key-size"));
  const percentage = number("renew-before-percentage");
  const limit = number("revision-history-limit");
  const template = templateOf(value("secret-template"), complain);
  const commonName = value("common-name");
  const [holds, renewBefore] = [span("duration"), span("renew-before")];
  const usages = list("usages");
  return {
    ...(commonName === undefined ? {} : { commonName }),
    ...(holds === undefined ? {} : { duration: holds }),
    ...(renewBefore === undefined ? {} : { renewBefore }),
    usages: usages.length === 0 ? usualUsages : usages,
    names: list("alt-names"),
    addresses: list("ip-sans"),
    further: {
      ...(emails.length === 0 ? {} : { emailAddresses: [...emails] }),
      ...(subject === undefined ? {} : { subject }),
      ...(privateKey === undefined ? {} : { privateKey }),
      ...(percentage === undefined ? {} : { renewBeforePercentage: percentage }),
      ...(limit === undefined ? {} : { revisionHistoryLimit: limit }),
      ...(template === undefined ? {} : { secretTemplate: template }),
    },
  };
}

function subjectOf(
  list: (name: string) => readonly string[],
  serialNumber: string | undefined,
): JsonObject | undefined {
  const lists = subjects.flatMap(([annotation, field]) => {
    const values = list(annotation);
    return values.length === 0 ? [] : [[field, [...values]] as const];
  });
  if (lists.length === 0 && serialNumber === undefined) return undefined;
  return { ...Object.fromEntries(lists), ...(serialNumber === undefined ? {} : { serialNumber }) };
}

function privateKeyOf(
  value: (name: string) => string | undefined,
  size: number | undefined,
): JsonObject | undefined {
  const texts = keyFields.flatMap(([annotation, field]) => {
    const text = value(annotation);
    return text === undefined ? [] : [[field, text] as const];
  });
  if (texts.length === 0 && size === undefined) return undefined;
  return { ...Object.fromEntries(texts), ...(size === undefined ? {} : { size }) };
}

function templateOf(text: string | undefined, complain: Complain): JsonObject | undefined {
  if (text === undefined) return undefined;
  const parsed = parseJson(text);
  const isTemplate =
    isJsonObject(parsed) &&
    Object.entries(parsed as JsonObject).every(
      ([key, value]) => ["annotations", "labels"].includes(key) && isJsonObject(value),
    );
  return isTemplate
    ? (parsed as JsonObject)
    : complain("secret-template", "it is no JSON with annotations and labels");
}

function parseJson(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    // The text is a user's: that it is no JSON is the answer.
    return undefined;
  }
}

/** One line of CSV: an entry may stand in quotes, in which a quote is written twice (RFC 4180 §2). */
function parseCsv(text: string): readonly string[] {
  const entries = [...text.matchAll(/\s*(?:"((?:[^"]|"")*)"|([^,]*))\s*(?:,|$)/g)];
  return entries
    .map(([, quoted, plain = ""]) => quoted?.replaceAll('""', '"') ?? plain.trim())
    .filter((entry) => entry !== "");
}

/** One a Secret, named after it; an entry without hosts or Secret asks for none. */
function wishesOf(
  { object, value }: Known<Ingress>,
  issuer: WantedIssuer,
  { names: more, addresses, further, ...fields }: Fields,
): readonly WantedCertificate[] {
  const { labels, annotations } = object.metadata;
  const isEdited = annotations["acme.cert-manager.io/http01-edit-in-place"] === "true";
  const entries = (value?.spec?.tls ?? []).flatMap((entry) => {
    const { secretName = "", hosts = [] } = entry ?? {};
    return secretName === "" || hosts.length === 0 ? [] : [{ secretName, hosts }];
  });
  const once = entries.filter(
    ({ secretName }) => entries.filter((other) => other.secretName === secretName).length === 1,
  );
  return once.map(({ secretName, hosts }) => {
    const all = [...new Set([...hosts, ...more])];
    const ips = [...all.filter(isIpAddress), ...addresses];
    return {
      ...{ name: secretName, hosts: all.filter((host) => !isIpAddress(host)), issuer, labels },
      ...fields,
      meanwhile: isEdited ? "self-signed" : "nothing",
      further: { ...further, ...(ips.length === 0 ? {} : { ipAddresses: ips }) },
    };
  });
}
