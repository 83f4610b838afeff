/** Nonces that an ACME server gave, each good for one request (RFC 8555 §6.5). */

/** A server forgets old ones; the youngest are used first, and more than these are not kept. */
const maxKept = 32;

export class NoncePool {
  readonly #nonces: string[] = [];

  take(): string | undefined {
    return this.#nonces.pop();
  }

  /** What is no nonce by its form is passed over. */
  add(nonce: string | undefined): void {
    if (nonce === undefined || !/^[A-Za-z0-9_-]{1,512}$/.test(nonce)) return;
    this.#nonces.push(nonce);
    if (this.#nonces.length > maxKept) this.#nonces.shift();
  }
}
