/** Seeds, and the keys made of them by which servers seal TLS session tickets for themselves (RFC 5077 §4). */

import { hkdfSync, randomBytes } from "node:crypto";
import { SecretBytes } from "#base/secret-bytes.ts";

export const ticketSeedBytes = 32;

/** A key's name, and what it signs and encrypts with: 16, 32 and 32 bytes, as BoringSSL takes them. */
const ticketKeyBytes = 80;

/** A seed of which every server that has it makes the same keys. */
export function createTicketSeed(): SecretBytes {
  return new SecretBytes(randomBytes(ticketSeedBytes));
}

/** The key for one purpose: it opens nothing that was sealed for another, and does not tell the seed (HKDF, RFC 5869). */
export function ticketKey(seed: SecretBytes, purpose: string): SecretBytes {
  const info = `sekisho session tickets\0${purpose}`;
  return new SecretBytes(
    new Uint8Array(hkdfSync("sha256", seed.reveal(), new Uint8Array(), info, ticketKeyBytes)),
  );
}
