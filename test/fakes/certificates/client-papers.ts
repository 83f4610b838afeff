/** Authorities, the certificates that they give to clients, and lists of those that they took back. */

import { sign, X509Certificate } from "node:crypto";
import { bitString, objectIdentifier, sequence, unsignedInteger } from "#crypto/der/der.ts";
import { derTime } from "#crypto/der/der-time.ts";
import { formatPrivateKey, generateSigningKey, type SigningKey } from "#crypto/keys/signing-key.ts";
import {
  type CertificateIssuer,
  type CertificateTemplate,
  issueCertificate,
  issueSelfSigned,
} from "#crypto/x509/certificate.ts";
import { parseCertificateFields } from "#crypto/x509/certificate-fields.ts";

/** What a client shows: PEM. */
export interface Papers {
  /** Its own first. */
  readonly certificates: string;
  readonly key: string;
}

const day = Temporal.Duration.from({ hours: 24 });
const now = Temporal.Now.instant();

interface Validity {
  readonly notBefore: Temporal.Instant;
  readonly notAfter: Temporal.Instant;
}

const today: Validity = { notBefore: now.subtract(day), notAfter: now.add(day) };
/** It was good once. */
export const expired: Validity = {
  notBefore: now.subtract(day),
  notAfter: now.subtract({ hours: 1 }),
};

function templateOf(
  commonName: string,
  key: SigningKey,
  { notBefore, notAfter }: Validity,
): Omit<CertificateTemplate, "extensions"> {
  return { subject: { commonName }, key, notBefore, notAfter };
}

const ofAuthority = { authority: {}, keyUsage: ["keyCertSign", "cRLSign"] } as const;

/** A root that nobody else signed. */
export function createAuthority(name: string): CertificateIssuer {
  const key = generateSigningKey();
  const certificate = issueSelfSigned({
    ...templateOf(name, key, today),
    extensions: ofAuthority,
  });
  return { certificate, key };
}

/** An authority below another one. */
export function createIntermediate(name: string, issuer: CertificateIssuer): CertificateIssuer {
  const key = generateSigningKey();
  const template = { ...templateOf(name, key, today), extensions: ofAuthority };
  return { certificate: issueCertificate(template, issuer), key };
}

/** A client's certificate; `between`: who stands between its issuer and the root, the issuer first. */
export function createPapers(
  name: string,
  issuer: CertificateIssuer,
  {
    validity = today,
    between = [],
  }: { readonly validity?: Validity; readonly between?: readonly CertificateIssuer[] } = {},
): Papers {
  const key = generateSigningKey();
  const template = {
    ...templateOf(name, key, validity),
    extensions: { keyUsage: ["digitalSignature"], extendedKeyUsage: ["clientAuth"] },
  } as const;
  const chain = [issueCertificate(template, issuer), ...between.map((one) => one.certificate)];
  return {
    certificates: chain.map((der) => pem("CERTIFICATE", der)).join(""),
    key: new TextDecoder().decode(formatPrivateKey(key).reveal()),
  };
}

/** PEM of a certificate. */
export function certificatePem({ certificate }: CertificateIssuer): string {
  return pem("CERTIFICATE", certificate);
}

/** ecdsa-with-SHA256 (RFC 5758 §3.2). */
const ecdsaWithSha256 = sequence(objectIdentifier("1.2.840.10045.4.3.2"));

/** The authority took these back (RFC 5280 §5.1, version 1): PEM. */
export function revocationList(issuer: CertificateIssuer, revoked: readonly Papers[]): string {
  const fields = parseCertificateFields(issuer.certificate);
  if (!fields.ok) throw new Error(fields.error);
  const entries = revoked.map(({ certificates }) => {
    const { serialNumber } = new X509Certificate(certificates);
    return sequence(unsignedInteger(Buffer.from(serialNumber, "hex")), derTime(now));
  });
  const toBeSigned = sequence(
    ecdsaWithSha256,
    fields.value.subject,
    derTime(today.notBefore),
    derTime(today.notAfter),
    ...(entries.length === 0 ? [] : [sequence(...entries)]),
  );
  const signature = sign("sha256", toBeSigned, issuer.key);
  return pem("X509 CRL", sequence(toBeSigned, ecdsaWithSha256, bitString(signature)));
}

function pem(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}
