/** Bytes that must not be seen: every text form says `[redacted]`; only {@link SecretBytes.reveal} gives them out. */

import { inspect } from "node:util";

const redacted = "[redacted]";

export class SecretBytes {
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** The bytes themselves: for the wire and for signing, never for text. */
  reveal(): Uint8Array {
    return this.#bytes;
  }

  toString(): string {
    return redacted;
  }

  toJSON(): string {
    return redacted;
  }

  [inspect.custom](): string {
    return redacted;
  }
}
