/** How Secrets are read for TLS. */

import type { Result } from "#base/result.ts";
import type { Authorities, KeyMaterial } from "#envoy/secret-source.ts";
import type { Secret } from "#kinds/secret.ts";
import { readAuthoritySecret } from "./authority-secret.ts";
import { readTlsSecret } from "./tls-secret.ts";

export interface SecretReaders {
  /** What handshakes are answered with. */
  readonly readSecret: (secret: Secret) => Result<KeyMaterial, string>;
  /** What those are verified by who show a certificate. */
  readonly readAuthorities: (secret: Secret) => Result<Authorities, string>;
}

/** As a gate reads them. */
export const secretReaders: SecretReaders = {
  readSecret: readTlsSecret,
  readAuthorities: readAuthoritySecret,
};
