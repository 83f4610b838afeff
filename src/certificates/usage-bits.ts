/** What a key is for, in cert-manager's words, as the two extensions of a certificate (RFC 5280 §4.2.1.3, §4.2.1.12). */

import {
  type Extension,
  extendedKeyUsageExtension,
  keyUsageExtension,
} from "#crypto/x509/extension-list.ts";
import { usualUsages } from "#kinds/cert-manager/usages.ts";

/** Bits of KeyUsage. */
const bits: Readonly<Record<string, number>> = {
  signing: 0,
  "digital signature": 0,
  "content commitment": 1,
  "key encipherment": 2,
  "data encipherment": 3,
  "key agreement": 4,
  "cert sign": 5,
  "crl sign": 6,
  "encipher only": 7,
  "decipher only": 8,
};

const purposes: Readonly<Record<string, string>> = {
  any: "2.5.29.37.0",
  "server auth": "1.3.6.1.5.5.7.3.1",
  "client auth": "1.3.6.1.5.5.7.3.2",
  "code signing": "1.3.6.1.5.5.7.3.3",
  "email protection": "1.3.6.1.5.5.7.3.4",
  "s/mime": "1.3.6.1.5.5.7.3.4",
  "ipsec end system": "1.3.6.1.5.5.7.3.5",
  "ipsec tunnel": "1.3.6.1.5.5.7.3.6",
  "ipsec user": "1.3.6.1.5.5.7.3.7",
  timestamping: "1.3.6.1.5.5.7.3.8",
  "ocsp signing": "1.3.6.1.5.5.7.3.9",
  "microsoft sgc": "1.3.6.1.4.1.311.10.3.3",
  "netscape sgc": "2.16.840.1.113730.4.1",
};

/** The usages that hold where these are named: the usual ones where none are, and those of an authority. */
export function usagesInForce(
  usages: readonly string[] | undefined,
  rights: "authority" | "end entity",
): readonly string[] {
  const named = usages === undefined || usages.length === 0 ? usualUsages : usages;
  return rights === "authority" ? [...new Set([...named, "cert sign"])] : named;
}

/** Each extension only where something is in it. */
export function usageExtensions(usages: readonly string[]): readonly Extension[] {
  const set = [...new Set(usages.flatMap((usage) => bits[usage] ?? []))];
  const named = [...new Set(usages.flatMap((usage) => purposes[usage] ?? []))];
  return [
    ...(set.length === 0 ? [] : [keyUsageExtension(set)]),
    ...(named.length === 0 ? [] : [extendedKeyUsageExtension(named)]),
  ];
}
