/** AES-256-GCM over small values (NIST SP 800-38D): nonce, tag and ciphertext in one piece. */

import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";

const nonceBytes = 12;
const tagBytes = 16;

export interface AesSealer {
  readonly keyId: string;
  readonly seal: (plain: Uint8Array, context: string) => Uint8Array;
  readonly open: (sealed: Uint8Array, context: string) => Uint8Array | undefined;
}

/** A sealer under a 256-bit key; throws when the key has another length. */
export function createSealer(key: Uint8Array): AesSealer {
  if (key.length !== 32) throw new Error(`the key must have 32 bytes, but has ${key.length}`);
  const keyId = createHash("sha256")
    .update("sekisho key id")
    .update(key)
    .digest("hex")
    .slice(0, 16);
  return {
    keyId,
    seal: (plain, context) => {
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(Buffer.from(context));
      const sealed = Buffer.concat([cipher.update(plain), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), sealed]);
    },
    open: (sealed, context) => {
      if (sealed.length < nonceBytes + tagBytes) return undefined;
      const decipher = createDecipheriv("aes-256-gcm", key, sealed.subarray(0, nonceBytes), {
        authTagLength: tagBytes,
      })
        .setAAD(Buffer.from(context))
        .setAuthTag(sealed.subarray(nonceBytes, nonceBytes + tagBytes));
      try {
        return Buffer.concat([
          decipher.update(sealed.subarray(nonceBytes + tagBytes)),
          decipher.final(),
        ]);
      } catch {
        // The tag does not fit: another key, another context, or changed bytes. All are the caller's to report.
        return undefined;
      }
    },
  };
}
