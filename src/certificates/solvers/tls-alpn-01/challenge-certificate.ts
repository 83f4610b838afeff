/**
 * The certificate that shows an ACME server that a name is ours (RFC 8737 §3). Nobody trusts it, and the server looks at what
 * it says alone: its key keeps nothing secret, and another one with another key would do as well.
 */

import { formatPrivateKey, generateSigningKey } from "#crypto/keys/signing-key.ts";
import { formatPem } from "#crypto/pem.ts";
import { issueSelfSigned } from "#crypto/x509/certificate.ts";
import type { KeyMaterial } from "#envoy/secret-source.ts";
import type { ShownHandshake } from "#model/handshake-answer.ts";

/** The server does not look at dates. */
const notBefore = Temporal.Instant.from("2000-01-01T00:00:00Z");
/** RFC 5280 §4.1.2.5: there is no date. */
const notAfter = Temporal.Instant.from("9999-12-31T23:59:59Z");

export function certifyHandshake({ host, digest }: ShownHandshake): KeyMaterial {
  const key = generateSigningKey();
  const der = issueSelfSigned({
    ...{ subject: { commonName: "ACME challenge" }, key, notBefore, notAfter },
    extensions: {
      keyUsage: ["digitalSignature"],
      extendedKeyUsage: ["serverAuth"],
      alternativeNames: [{ kind: "dns", name: host }],
      acmeIdentifier: Buffer.from(digest, "hex"),
    },
  });
  return { certificateChain: formatPem("CERTIFICATE", der), privateKey: formatPrivateKey(key) };
}
