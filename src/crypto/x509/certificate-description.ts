/** What the certificates of a PEM text say, for people. */

import { X509Certificate } from "node:crypto";
import { err, ok, type Result } from "#base/result.ts";
import { pemTexts } from "../pem.ts";
import type { AlternativeName } from "./alternative-name.ts";
import { parseCertificateFields } from "./certificate-fields.ts";

export interface CertificateDescription {
  /** `CN=web, O=Shop`, as OpenSSL orders it. */
  readonly subject: string;
  readonly issuer: string;
  /** Hexadecimal. */
  readonly serialNumber: string;
  readonly notBefore: Temporal.Instant;
  readonly notAfter: Temporal.Instant;
  readonly names: readonly string[];
  /** `RSA 2048`, `EC prime256v1`. */
  readonly key: string;
  /** `server auth`, `client auth`; of others the numbers. */
  readonly extendedUsages: readonly string[];
  readonly isAuthority: boolean;
  /** SHA-256, hexadecimal with colons. */
  readonly fingerprint: string;
  /** Whether the next one of the text signed it; undefined for the last. */
  readonly isSignedByNext: boolean | undefined;
}

const mostBytes = 512 * 1024;
const mostCertificates = 100;

/** Every certificate of a PEM text in its order. */
export function describeCertificates(
  pem: Uint8Array,
): Result<readonly CertificateDescription[], string> {
  if (pem.length > mostBytes) return err("the text is longer than a chain of certificates is");
  const blocks = pemTexts(Buffer.from(pem).toString("latin1"), "CERTIFICATE");
  if (blocks.length === 0 || blocks.length > mostCertificates)
    return err("the text holds no PEM certificate");
  const certificates = blocks.map(readCertificate);
  const described = certificates.map((one, index) =>
    one === undefined ? undefined : describe(one, certificates[index + 1]),
  );
  const readable = described.filter((one) => one !== undefined);
  return readable.length === blocks.length
    ? ok(readable)
    : err("the text holds a certificate that cannot be read");
}

function describe(
  certificate: X509Certificate,
  next: X509Certificate | undefined,
): CertificateDescription {
  const fields = parseCertificateFields(certificate.raw);
  return {
    subject: nameText(certificate.subject),
    issuer: nameText(certificate.issuer),
    serialNumber: certificate.serialNumber,
    notBefore: Temporal.Instant.fromEpochMilliseconds(certificate.validFromDate.getTime()),
    notAfter: Temporal.Instant.fromEpochMilliseconds(certificate.validToDate.getTime()),
    names: fields.ok ? fields.value.alternativeNames.map(alternativeNameText) : [],
    key: keyText(certificate),
    extendedUsages: (certificate.keyUsage ?? []).map((oid) => usages[oid] ?? oid),
    isAuthority: certificate.ca,
    fingerprint: certificate.fingerprint256,
    isSignedByNext:
      next === undefined
        ? undefined
        : certificate.checkIssued(next) && certificate.verify(next.publicKey),
  };
}

function alternativeNameText(name: AlternativeName): string {
  switch (name.kind) {
    case "dns":
      return name.name;
    case "uri":
      return name.uri;
    case "ip":
      return name.address;
    default:
      return "";
  }
}

const usages: Readonly<Record<string, string>> = {
  "1.3.6.1.5.5.7.3.1": "server auth",
  "1.3.6.1.5.5.7.3.2": "client auth",
  "1.3.6.1.5.5.7.3.3": "code signing",
  "1.3.6.1.5.5.7.3.4": "email protection",
  "1.3.6.1.5.5.7.3.8": "timestamping",
  "1.3.6.1.5.5.7.3.9": "ocsp signing",
};

/** Node puts each part on a line of its own. */
function nameText(name: string | undefined): string {
  return (name ?? "").split("\n").join(", ");
}

function keyText({ publicKey }: X509Certificate): string {
  const { asymmetricKeyType = "unknown", asymmetricKeyDetails = {} } = publicKey;
  const { modulusLength, namedCurve } = asymmetricKeyDetails;
  return [asymmetricKeyType.toUpperCase(), modulusLength ?? namedCurve ?? ""].join(" ").trim();
}

function readCertificate(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    // That the text is no certificate is the answer.
    return undefined;
  }
}
