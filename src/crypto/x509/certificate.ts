/** X.509 certificates of an authority of ours, with the few attributes and extensions that it needs. */

import { keyIdentifier, publicKeyInfo, type SigningKey } from "../keys/signing-key.ts";
import { parseCertificateFields } from "./certificate-fields.ts";
import { type DistinguishedName, derName } from "./distinguished-name.ts";
import { type CertificateExtensions, derExtensions } from "./extensions.ts";
import { signCertificate } from "./signed-certificate.ts";

export interface CertificateTemplate {
  readonly subject: DistinguishedName;
  /** The subject's key, of which the public half is certified. */
  readonly key: SigningKey;
  readonly notBefore: Temporal.Instant;
  readonly notAfter: Temporal.Instant;
  readonly extensions: CertificateExtensions;
}

export interface CertificateIssuer {
  /** DER; its subject and key identifier are named in what it signs. */
  readonly certificate: Uint8Array;
  readonly key: SigningKey;
}

/** Issues a certificate, in DER, under an authority's. Throws when the issuer's certificate cannot be read. */
export function issueCertificate(
  template: CertificateTemplate,
  issuer: CertificateIssuer,
): Uint8Array {
  const fields = parseCertificateFields(issuer.certificate);
  if (!fields.ok) throw new Error(`the issuer is ${fields.error}`);
  const { subject, subjectKeyId } = fields.value;
  return signed(template, { name: subject, keyId: subjectKeyId, key: issuer.key });
}

/** Issues a certificate, in DER, that its own key signs: a root. */
export function issueSelfSigned(template: CertificateTemplate): Uint8Array {
  const keyId = keyIdentifier(publicKeyInfo(template.key));
  return signed(template, { name: derName(template.subject), keyId, key: template.key });
}

interface Signer {
  readonly name: Uint8Array;
  readonly keyId: Uint8Array | undefined;
  readonly key: SigningKey;
}

function signed(template: CertificateTemplate, signer: Signer): Uint8Array {
  const subject = derName(template.subject);
  const info = publicKeyInfo(template.key);
  const extensions = derExtensions(template.extensions, {
    subjectKeyId: keyIdentifier(info),
    authorityKeyId: signer.keyId,
    isSubjectEmpty: Object.keys(template.subject).length === 0,
  });
  return signCertificate(
    {
      subject,
      issuer: signer.name,
      publicKey: info,
      notBefore: template.notBefore,
      notAfter: template.notAfter,
      extensions,
    },
    signer.key,
  );
}
