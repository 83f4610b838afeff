/** Where key material for TLS comes from: Secrets, and what is made for certificate authorities. */

import type { Result } from "#base/result.ts";
import type { Authorities, KeyMaterial } from "#envoy/secret-source.ts";
import type { Secret } from "#kinds/secret.ts";
import type { HandshakeAnswer } from "#model/handshake-answer.ts";
import { readAuthoritySecret } from "./authority-secret.ts";
import { certifyHandshake } from "./solvers/tls-alpn-01/challenge-certificate.ts";
import { readTlsSecret } from "./tls-secret.ts";

export interface SecretReaders {
  /** What handshakes are answered with. */
  readonly readSecret: (secret: Secret) => Result<KeyMaterial, string>;
  /** What those are verified by who show a certificate. */
  readonly readAuthorities: (secret: Secret) => Result<Authorities, string>;
  /** What shows a certificate authority that a name is ours. */
  readonly certifyHandshake: (answer: HandshakeAnswer) => KeyMaterial;
}

/** As a gate reads them. */
export const secretReaders: SecretReaders = {
  readSecret: readTlsSecret,
  readAuthorities: readAuthoritySecret,
  certifyHandshake,
};
