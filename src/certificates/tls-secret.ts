/** A Secret of type kubernetes.io/tls into the key material that answers handshakes. */

import { err, type Result } from "#base/result.ts";
import { checkKeyPair, type KeyPair } from "#crypto/keys/key-pair.ts";
import { type Secret, secretValue } from "#kinds/secret.ts";

/**
 * Reads `tls.crt` and `tls.key` (Kubernetes documentation, "TLS Secrets"). The type of the Secret is not insisted on:
 * the two keys are what is needed. The error is a sentence without any part of the key.
 */
export function readTlsSecret(secret: Secret): Result<KeyPair, string> {
  const chain = secretValue(secret, "tls.crt");
  const key = secretValue(secret, "tls.key");
  if (chain === undefined || key === undefined) {
    const absent = [
      chain === undefined ? "tls.crt" : "",
      key === undefined ? "tls.key" : "",
    ].filter((name) => name !== "");
    return err(`it has no ${absent.join(" and no ")}`);
  }
  return checkKeyPair(chain, key);
}
