/**
 * What cert-manager leaves of one issued Certificate, as its versions write it: the Certificate with its status, the
 * CertificateRequest of its revision, and the Secret. Keys are made when it is asked for.
 */

import type { KeyObject } from "node:crypto";
import type { Json, JsonObject } from "#base/json.ts";
import { wantedNames } from "#certificates/wanted-names.ts";
import { wantedRequest } from "#certificates/wanted-request.ts";
import { formatKey } from "#crypto/keys/private-key.ts";
import { publicKeyInfo } from "#crypto/keys/signing-key.ts";
import { formatPem, parsePem } from "#crypto/pem.ts";
import { parseCertificateFields } from "#crypto/x509/certificate-fields.ts";
import { alternativeNamesExtension, derExtensionList } from "#crypto/x509/extension-list.ts";
import { signCertificate } from "#crypto/x509/signed-certificate.ts";
import { derSubject } from "#crypto/x509/subject-name.ts";
import type { CertificateSpec } from "#kinds/cert-manager/certificate-spec.ts";
import type { KubeObject } from "#kinds/object.ts";
import type { ObjectStore } from "#store/object-store.ts";
import type { CertManagerVersion } from "#test/simulators/cert-manager/triggers.ts";

export interface WantedLeftovers {
  readonly name: string;
  readonly spec: CertificateSpec;
  readonly key: KeyObject;
  /** PEM: who signed it. */
  readonly authority: { readonly certificate: string; readonly key: KeyObject };
  readonly issuedAt: Temporal.Instant;
  /** Its annotations; a request carries most of them on. */
  readonly annotations?: Readonly<Record<string, string>>;
  /** Default 1. */
  readonly revision?: number;
  /** More of what the Secret holds: keystores, which only cert-manager's own library writes in just that way. */
  readonly files?: Readonly<Record<string, Uint8Array>>;
}

const namespace = "default";
const ninetyDays = 90 * 24;

/** Puts the objects into a store; resolves to the Certificate. */
export async function leaveCertificate(
  store: ObjectStore,
  version: CertManagerVersion,
  wanted: WantedLeftovers,
): Promise<KubeObject> {
  const { name, spec, annotations = {}, revision = 1, issuedAt } = wanted;
  const notAfter = issuedAt.add({ hours: ninetyDays });
  const leaf = signLeaf(wanted, notAfter);
  const plainSpec = JSON.parse(JSON.stringify(spec)) as JsonObject;
  const certificate = await store.create({
    apiVersion: "cert-manager.io/v1",
    kind: "Certificate",
    metadata: { name, namespace, annotations },
    body: { spec: plainSpec },
  });
  await leaveRequest(store, version, { ...wanted, certificate, leaf });
  await store.create(secretOf(version, wanted, leaf));
  const at = issuedAt.toString();
  const condition = {
    ...{ type: "Ready", status: "True", reason: "Ready", lastTransitionTime: at },
    message: "Certificate is up to date and has not expired",
    observedGeneration: 1,
  };
  return await store.replaceStatus(
    { kind: "Certificate.cert-manager.io", namespace, name },
    {
      ...{ conditions: [condition], revision },
      ...{ notBefore: at, notAfter: notAfter.toString() },
      renewalTime: issuedAt.add({ hours: (ninetyDays * 2) / 3 }).toString(),
    },
  );
}

/** PEM. */
function signLeaf(
  { spec, key, authority, issuedAt }: WantedLeftovers,
  notAfter: Temporal.Instant,
): string {
  const names = wantedNames(spec);
  const der = parsePem(Buffer.from(authority.certificate), ["CERTIFICATE"]);
  const signer = der.ok ? parseCertificateFields(der.value) : der;
  if (!names.ok || !signer.ok) throw new Error("a fixture that is none");
  const { subject, alternativeNames } = names.value;
  const emptiness = subject.length === 0 ? "empty" : "named";
  const leaf = signCertificate(
    {
      subject: derSubject(subject),
      issuer: signer.value.subject,
      publicKey: publicKeyInfo(key),
      notBefore: issuedAt,
      notAfter,
      extensions: derExtensionList([alternativeNamesExtension(alternativeNames, emptiness)]),
    },
    authority.key,
  );
  return formatPem("CERTIFICATE", leaf);
}

interface IssuedLeftovers extends WantedLeftovers {
  readonly certificate: KubeObject;
  readonly leaf: string;
}

/** 1.9 has names drawn, 1.21 counts; both have the revision in an annotation. */
async function leaveRequest(
  store: ObjectStore,
  version: CertManagerVersion,
  {
    certificate,
    name,
    spec,
    key,
    authority,
    leaf,
    revision = 1,
    annotations = {},
  }: IssuedLeftovers,
): Promise<void> {
  const pem = wantedRequest(spec, key);
  if (!pem.ok) throw new Error(pem.error);
  const copied = Object.entries(annotations).filter(([one]) => !one.startsWith("kubectl."));
  const { apiVersion, kind, metadata } = certificate;
  const made = await store.create({
    apiVersion: "cert-manager.io/v1",
    kind: "CertificateRequest",
    metadata: {
      name: version === "1.9" ? `${name}-x7k2p` : `${name}-${revision}`,
      namespace,
      annotations: {
        ...Object.fromEntries(copied),
        "cert-manager.io/certificate-name": name,
        "cert-manager.io/certificate-revision": `${revision}`,
        "cert-manager.io/private-key-secret-name": `${name}-${version === "1.9" ? "q8wz4" : "t5hn6"}`,
      },
      ownerReferences: [{ apiVersion, kind, name, uid: metadata.uid, controller: true }],
    },
    body: { spec: requestSpec(spec, pem.value) },
  });
  const at = metadata.creationTimestamp;
  await store.replaceStatus(
    { kind: "CertificateRequest.cert-manager.io", namespace, name: made.metadata.name },
    {
      certificate: base64(leaf),
      ca: base64(authority.certificate),
      conditions: [
        {
          ...{ type: "Approved", status: "True", reason: "cert-manager.io" },
          ...{ message: "Certificate request has been approved by cert-manager.io" },
          lastTransitionTime: at,
        },
        {
          ...{ type: "Ready", status: "True", reason: "Issued" },
          ...{ message: "Certificate fetched from issuer successfully", lastTransitionTime: at },
        },
      ],
    },
  );
}

/** The same in the middle of the next issuance: the next key is stored, and the request for it waits for its issuer. */
export async function beginIssuance(
  store: ObjectStore,
  version: CertManagerVersion,
  { spec, key }: Pick<WantedLeftovers, "spec" | "key">,
): Promise<void> {
  const certificateKey = { kind: "Certificate.cert-manager.io", namespace, name: "web" };
  const certificate = await store.get(certificateKey);
  const pem = wantedRequest(spec, key);
  if (certificate === undefined || !pem.ok) throw new Error("a fixture that is none");
  const { apiVersion, kind, status, metadata } = certificate;
  const { uid, creationTimestamp } = metadata;
  const owner = { apiVersion, kind, name: "web", uid, controller: true };
  const nextKey = "web-h4c7x";
  const ownLabel = version === "1.9" ? {} : { "controller.cert-manager.io/fao": "true" };
  await store.create({
    apiVersion: "v1",
    kind: "Secret",
    metadata: {
      ...{ name: nextKey, namespace, ownerReferences: [owner] },
      labels: { "cert-manager.io/next-private-key": "true", ...ownLabel },
    },
    body: { type: "Opaque", data: { "tls.key": base64(formatKey(key, "PKCS8").reveal()) } },
  });
  await store.create({
    apiVersion: "cert-manager.io/v1",
    kind: "CertificateRequest",
    metadata: {
      ...{ name: version === "1.9" ? "web-m3v9d" : "web-2", namespace },
      annotations: {
        "cert-manager.io/certificate-name": "web",
        "cert-manager.io/certificate-revision": "2",
        "cert-manager.io/private-key-secret-name": nextKey,
      },
      ownerReferences: [owner],
    },
    body: { spec: requestSpec(spec, pem.value) },
  });
  const { conditions = [], ...others } = status as JsonObject;
  const issuing = {
    ...{ type: "Issuing", status: "True", reason: "Renewing", observedGeneration: 1 },
    message: "Renewing certificate as renewal was scheduled",
    lastTransitionTime: creationTimestamp,
  };
  await store.replaceStatus(certificateKey, {
    ...others,
    conditions: [...(conditions as readonly Json[]), issuing],
    nextPrivateKeySecretName: nextKey,
  });
}

/** What the Certificate leaves out the request leaves out, too. */
function requestSpec(spec: CertificateSpec, pem: string): JsonObject {
  const { issuerRef, duration, isCA, usages } = spec;
  return JSON.parse(
    JSON.stringify({
      ...{ request: base64(pem), issuerRef, duration, isCA, usages },
      username: "system:serviceaccount:cert-manager:cert-manager",
      uid: "0e2a4b7c-4c2f-4ad3-9a53-0f4f0b1f2d11",
      groups: [
        ...["system:serviceaccounts", "system:serviceaccounts:cert-manager"],
        "system:authenticated",
      ],
    }),
  ) as JsonObject;
}

function secretOf(
  version: CertManagerVersion,
  { name, spec, key, authority, files = {} }: WantedLeftovers,
  leaf: string,
): Parameters<ObjectStore["create"]>[0] {
  const { secretTemplate = {} } = spec;
  const data: Record<string, Json> = {
    "ca.crt": base64(authority.certificate),
    "tls.crt": base64(leaf),
    "tls.key": base64(formatKey(key, spec.privateKey?.encoding ?? "PKCS1").reveal()),
  };
  for (const [file, bytes] of Object.entries(files)) data[file] = base64(bytes);
  const label = version === "1.9" ? {} : { "controller.cert-manager.io/fao": "true" };
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: {
      ...{ name: spec.secretName, namespace },
      labels: { ...secretTemplate.labels, ...label },
      annotations: { ...secretTemplate.annotations, ...detailsOf(version, name, spec) },
    },
    body: { type: "kubernetes.io/tls", data },
  };
}

/** Lists are empty texts where there is nothing; what 1.21 says besides is left out then. */
function detailsOf(
  version: CertManagerVersion,
  name: string,
  { issuerRef, commonName = "", dnsNames = [], ipAddresses = [], ...spec }: CertificateSpec,
): Readonly<Record<string, string>> {
  const { subject = {}, emailAddresses = [], uris = [] } = spec;
  const details: Record<string, string> = {
    "certificate-name": name,
    "issuer-name": issuerRef.name,
    // 1.9 writes the kind that counts, 1.21 what the request says.
    "issuer-kind": issuerRef.kind ?? (version === "1.9" ? "Issuer" : ""),
    "issuer-group": issuerRef.group ?? "",
    "common-name": commonName,
    "alt-names": dnsNames.join(","),
    "ip-sans": ipAddresses.join(","),
    "uri-sans": uris.join(","),
  };
  if (version === "1.21") {
    const { organizations = [], countries = [] } = subject;
    const csv = (values: readonly string[]): string =>
      values.map((one) => (one.includes(",") ? `"${one}"` : one)).join(",");
    if (emailAddresses.length > 0) details["email-sans"] = csv(emailAddresses);
    if (organizations.length > 0) details["subject-organizations"] = csv(organizations);
    if (countries.length > 0) details["subject-countries"] = csv(countries);
  }
  return Object.fromEntries(
    Object.entries(details).map(([key, value]) => [`cert-manager.io/${key}`, value]),
  );
}

function base64(bytes: string | Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}
