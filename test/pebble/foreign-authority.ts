/** A certificate authority of the tests' own, for what a good one would not issue. */

import { createPublicKey } from "node:crypto";
import { generateSigningKey } from "#crypto/keys/signing-key.ts";
import { issueCertificate, issueSelfSigned } from "#crypto/x509/certificate.ts";

/** A leaf with its root, PEM: for a key given as SubjectPublicKeyInfo, else for a fresh one. */
export function issueUnder({
  expired,
  key,
}: {
  readonly expired: boolean;
  readonly key?: Buffer | undefined;
}): string {
  const rootKey = generateSigningKey();
  const now = Temporal.Now.instant();
  const times = { notBefore: now.subtract({ hours: 48 }), notAfter: now.add({ hours: 48 }) };
  const root = issueSelfSigned({
    ...times,
    subject: { commonName: "foreign root" },
    key: rootKey,
    extensions: { authority: {}, keyUsage: ["keyCertSign"] },
  });
  const leafKey =
    key === undefined
      ? generateSigningKey()
      : createPublicKey({ key, format: "der", type: "spki" });
  const leaf = issueCertificate(
    {
      ...times,
      ...(expired ? { notAfter: now.subtract({ hours: 1 }) } : {}),
      subject: {},
      key: leafKey,
      extensions: {
        keyUsage: ["digitalSignature"],
        alternativeNames: [{ kind: "dns", name: "a.example.com" }],
      },
    },
    { certificate: root, key: rootKey },
  );
  return [leaf, root].map(pem).join("");
}

function pem(der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}
