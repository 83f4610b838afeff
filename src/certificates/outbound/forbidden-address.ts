/** Addresses that users may not have us connect to, and why: what is meant for this machine or its cloud alone. */

import { isNetwork } from "#base/network-text.ts";
import { addressBytes } from "#crypto/ip-address.ts";
import { isIn, type Network, parseNetwork } from "./network.ts";

/** What an operator says about addresses. */
export interface AddressRules {
  /** Networks and addresses that may be connected to all the same. */
  readonly allowed: readonly string[];
  /** The addresses of the API server, now. */
  readonly apiServers: () => readonly string[];
}

const loopback = "is an address of this machine";
const linkLocal = "is a link-local address";
const metadata = "is the metadata service of a cloud";
const unusable = "is no address of one server";
const apiServer = "is the API server";

/** Private networks are not among them: certificate authorities and DNS servers of one's own live there. */
const forbidden: readonly (readonly [Network, string])[] = [
  // Linux connects to itself when asked for the unspecified address.
  [parseNetwork("0.0.0.0/8"), loopback],
  [parseNetwork("127.0.0.0/8"), loopback],
  [parseNetwork("::/128"), loopback],
  [parseNetwork("::1/128"), loopback],
  // Alibaba, Oracle and Azure, beside 169.254.169.254 of all the others.
  [parseNetwork("100.100.100.200/32"), metadata],
  [parseNetwork("192.0.0.192/32"), metadata],
  [parseNetwork("168.63.129.16/32"), metadata],
  // Amazon and Google over IPv6.
  [parseNetwork("fd00:ec2::/32"), metadata],
  [parseNetwork("fd20:ce::254/128"), metadata],
  [parseNetwork("169.254.0.0/16"), linkLocal],
  [parseNetwork("fe80::/10"), linkLocal],
  [parseNetwork("224.0.0.0/3"), unusable],
  [parseNetwork("ff00::/8"), unusable],
];

/** IPv6 addresses that lead to an IPv4 address, and where in them it is (RFC 4291 §2.5.5, RFC 6052 §2.2, RFC 3056 §2). */
const carriers: readonly (readonly [Network, number])[] = [
  [parseNetwork("::ffff:0:0/96"), 12],
  [parseNetwork("::/96"), 12],
  [parseNetwork("64:ff9b::/96"), 12],
  [parseNetwork("2002::/16"), 2],
];

/** Why an address may not be connected to, as the end of a sentence about it; undefined when it may. */
export function whyForbidden(address: string, rules: AddressRules): string | undefined {
  const bytes = bytesOf(address);
  // As one with a zone: those are link-local.
  if (bytes === undefined) return linkLocal;
  const forms = formsOf(bytes);
  if (rules.allowed.some((network) => isInAny(parseNetwork(network), forms))) return undefined;
  const rule = forbidden.find(([network]) => isInAny(network, forms));
  if (rule !== undefined) return rule[1];
  const isApiServer = rules.apiServers().some((server) => {
    const serverBytes = bytesOf(server);
    return serverBytes !== undefined && formsOf(serverBytes).some((form) => isSame(form, forms));
  });
  return isApiServer ? apiServer : undefined;
}

function bytesOf(address: string): Uint8Array | undefined {
  return isNetwork(address) && !address.includes("/") ? addressBytes(address) : undefined;
}

/** The address, and the IPv4 address that it leads to. */
function formsOf(bytes: Uint8Array): readonly Uint8Array[] {
  const carried = carriers
    .filter(([network]) => isIn(network, bytes))
    .map(([, start]) => bytes.subarray(start, start + 4));
  return [bytes, ...carried];
}

function isInAny(network: Network, forms: readonly Uint8Array[]): boolean {
  return forms.some((form) => isIn(network, form));
}

function isSame(one: Uint8Array, forms: readonly Uint8Array[]): boolean {
  return forms.some((form) => Buffer.compare(form, one) === 0);
}
