/** Networks of IP addresses, and whether an address is in one. */

import { addressBytes } from "#crypto/ip-address.ts";

export interface Network {
  readonly bytes: Uint8Array;
  readonly prefixLength: number;
}

/** Reads `10.0.0.0/8`, `2001:db8::/32` or one address; throws on anything else. */
export function parseNetwork(text: string): Network {
  const [address = "", length] = text.split("/");
  const bytes = addressBytes(address);
  const prefixLength = length === undefined ? bytes.length * 8 : Number(length);
  if (!Number.isInteger(prefixLength) || prefixLength < 0 || prefixLength > bytes.length * 8)
    throw new Error(`${JSON.stringify(text)} is no network`);
  return { bytes, prefixLength };
}

/** Whether 4 or 16 bytes are an address of the network; one of the other family never is. */
export function isIn({ bytes, prefixLength }: Network, address: Uint8Array): boolean {
  if (bytes.length !== address.length) return false;
  return address.every((byte, index) => {
    const bits = Math.min(8, Math.max(0, prefixLength - 8 * index));
    const mask = (0xff00 >> bits) & 0xff;
    return (byte & mask) === ((bytes[index] ?? 0) & mask);
  });
}
