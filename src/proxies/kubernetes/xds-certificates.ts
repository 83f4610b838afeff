/** The certificates of xDS: roots that sign, and short-lived leaves for proxies and replicas. */

import type { SecretBytes } from "#base/secret-bytes.ts";
import {
  formatPrivateKey,
  generateSigningKey,
  keyIdentifier,
  publicKeyInfo,
  type SigningKey,
} from "#crypto/keys/signing-key.ts";
import { issueCertificate, issueSelfSigned } from "#crypto/x509/certificate.ts";
import { type ParsedCertificate, parseCertificate } from "#crypto/x509/parsed-certificate.ts";
import { leafLifetime, rootLifetime } from "./root-rotation.ts";
import { alternativeNames, type XdsRole } from "./xds-peers.ts";

/** A root and, as long as it may sign, its key. */
export interface SigningRoot {
  readonly certificate: ParsedCertificate;
  readonly key: SigningKey;
}

export interface Leaf {
  readonly certificate: ParsedCertificate;
  /** PEM. */
  readonly privateKey: SecretBytes;
}

/** Valid since a little before it was made: clocks differ. */
const backDating = Temporal.Duration.from({ minutes: 5 });

/** A root of its own name and key. */
export function createRoot(now: Temporal.Instant): SigningRoot {
  const key = generateSigningKey();
  const serialNumber = Buffer.from(keyIdentifier(publicKeyInfo(key))).toString("hex");
  const der = issueSelfSigned({
    subject: { organization: "Sekisho", commonName: "xDS root", serialNumber },
    key,
    notBefore: now.subtract(backDating),
    notAfter: now.add(rootLifetime),
    extensions: { authority: { maxPathLength: 0 }, keyUsage: ["keyCertSign", "cRLSign"] },
  });
  return { certificate: parsed(der), key };
}

/** A leaf with a key of its own; a replica is a client of other replicas, too. It never outlives its root. */
export function issueLeaf(
  root: SigningRoot,
  now: Temporal.Instant,
  holder: { readonly namespace: string; readonly role: XdsRole },
): Leaf {
  const key = generateSigningKey();
  const wanted = now.add(leafLifetime);
  const last = root.certificate.notAfter;
  const der = issueCertificate(
    {
      subject: {},
      key,
      notBefore: now.subtract(backDating),
      notAfter: Temporal.Instant.compare(wanted, last) > 0 ? last : wanted,
      extensions: {
        keyUsage: ["digitalSignature"],
        extendedKeyUsage: holder.role === "proxy" ? ["clientAuth"] : ["serverAuth", "clientAuth"],
        alternativeNames: alternativeNames(holder.namespace, holder.role),
      },
    },
    { certificate: root.certificate.der, key: root.key },
  );
  return { certificate: parsed(der), privateKey: formatPrivateKey(key) };
}

function parsed(der: Uint8Array): ParsedCertificate {
  const certificate = parseCertificate(der);
  if (!certificate.ok) throw new Error(`what was issued is ${certificate.error}`);
  return certificate.value;
}
