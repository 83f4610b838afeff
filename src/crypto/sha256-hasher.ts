/** SHA-256 and HMAC-SHA-256 over bytes that come in pieces, in the form that signers of requests expect. */

import { createHash, createHmac, type Hash, type Hmac } from "node:crypto";

type Piece = string | ArrayBuffer | ArrayBufferView;

export class Sha256Hasher {
  readonly #secret: Uint8Array | undefined;
  #state: Hash | Hmac;

  /** With a secret it makes a HMAC. */
  constructor(secret?: Piece) {
    this.#secret = secret === undefined ? undefined : bytesOf(secret);
    this.#state = this.#begin();
  }

  update(piece: Piece): void {
    this.#state.update(bytesOf(piece));
  }

  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.#state.digest());
  }

  reset(): void {
    this.#state = this.#begin();
  }

  #begin(): Hash | Hmac {
    return this.#secret === undefined ? createHash("sha256") : createHmac("sha256", this.#secret);
  }
}

function bytesOf(piece: Piece): Uint8Array {
  if (typeof piece === "string") return Buffer.from(piece);
  return piece instanceof ArrayBuffer
    ? new Uint8Array(piece)
    : new Uint8Array(piece.buffer, piece.byteOffset, piece.byteLength);
}
