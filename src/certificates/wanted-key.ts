/** The key that a Certificate's spec asks for. cert-manager's defaults: any other would re-issue what it has issued. */

import type { KeyChoice } from "#crypto/keys/private-key.ts";
import type { CertificateSpec } from "#kinds/cert-manager/certificate-spec.ts";

export function wantedKey({ privateKey }: Pick<CertificateSpec, "privateKey">): KeyChoice {
  const { algorithm = "RSA", size = 0 } = privateKey ?? {};
  switch (algorithm) {
    case "RSA":
      return { algorithm, size: size === 0 ? 2048 : size };
    case "ECDSA":
      return { algorithm, size: size === 0 ? 256 : size };
    case "Ed25519":
      return { algorithm, size: 0 };
  }
}
