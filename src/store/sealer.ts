/** Encrypts what must not lie on the disk in the clear; implemented in `crypto/`, given by the composition root. */

export interface Sealer {
  /** Names the key without telling it. */
  readonly keyId: string;
  /** `context` is bound to the result: it opens only under the same one. */
  readonly seal: (plain: Uint8Array, context: string) => Uint8Array;
  /** Undefined when it was sealed under another key or context, or changed. */
  readonly open: (sealed: Uint8Array, context: string) => Uint8Array | undefined;
}
