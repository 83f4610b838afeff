/** A certificate as lines of text. */

import type { CertificateDescription } from "#crypto/x509/certificate-description.ts";
import { printable } from "../output/table.ts";

/** Indented by two, each with a line end. */
export function formatCertificate(
  certificate: CertificateDescription,
  now: Temporal.Instant,
): string {
  const { subject, issuer, names, key, extendedUsages, serialNumber, fingerprint } = certificate;
  const rows = [
    ["Subject", subject === "" ? "<none>" : subject],
    ["Issuer", issuer === "" ? "<none>" : issuer],
    ["Names", names.length === 0 ? "<none>" : names.join(", ")],
    ["Key", key],
    ["Usages", extendedUsages.length === 0 ? "<any>" : extendedUsages.join(", ")],
    ["Validity", validity(certificate, now)],
    ["Serial", serialNumber],
    ["SHA-256", fingerprint],
  ];
  return rows
    .map(([title, text]) => `  ${`${title}:`.padEnd(12)}${printable(text ?? "")}\n`)
    .join("");
}

function validity({ notBefore, notAfter }: CertificateDescription, now: Temporal.Instant): string {
  const span = `${notBefore} to ${notAfter}`;
  if (Temporal.Instant.compare(now, notBefore) < 0) return `${span}, not yet`;
  const left = notAfter.since(now);
  if (left.sign < 0) return `${span}, over`;
  const days = Math.floor(left.total("hours") / 24);
  return `${span}, ${days > 0 ? `${days} days` : `${Math.floor(left.total("minutes"))} minutes`} left`;
}
