/** Handshakes that show a certificate authority that a name is ours: of a protocol of their own, which nothing else speaks (RFC 8737). */

import type { Origin } from "#base/origin.ts";

/** Which: what is shown for a name. */
export interface ShownHandshake {
  /** A name in lower case. */
  readonly host: string;
  /** SHA-256 of the key authorization, in hexadecimal. */
  readonly digest: string;
}

/** One that is to be shown. */
export interface HandshakeAnswer extends ShownHandshake {
  readonly origin: Origin;
}

/** What it is called at the proxies: what answers under one name is worth the same, whoever made it. */
export function handshakeAnswerName({ host, digest }: ShownHandshake): string {
  return `acme-tls/${host}/${digest}`;
}
