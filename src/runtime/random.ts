/** Randomness, injected: tests seed it. */

export interface Random {
  readonly bytes: (length: number) => Uint8Array;
  /** A version 4 UUID (RFC 9562 §5.4). */
  readonly uuid: () => string;
  /** A number in [0, 1) for jitter; never for secrets. */
  readonly fraction: () => number;
}
