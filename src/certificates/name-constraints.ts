/** The names that an authority may sign for, as an extension (RFC 5280 §4.2.1.10). */

import { err, ok, type Result } from "#base/result.ts";
import { element, implicit, sequence } from "#crypto/der/der.ts";
import { addressBytes, isAddress } from "#crypto/ip-address.ts";
import { type Extension, extensionTypes } from "#crypto/x509/extension-list.ts";
import type { NameConstraints } from "#kinds/cert-manager/certificate-names.ts";

type Names = NonNullable<NameConstraints["permitted"]>;

const constructed = 0xa0;
const choice = { email: 1, dns: 2, uri: 6, ip: 7 } as const;

export function nameConstraintsExtension({
  critical,
  permitted,
  excluded,
}: NameConstraints): Result<Extension, string> {
  const parts: Uint8Array[] = [];
  for (const [tag, names] of [[0, permitted] as const, [1, excluded] as const]) {
    const trees = names === undefined ? ok([]) : subtrees(names);
    if (!trees.ok) return trees;
    if (trees.value.length > 0) parts.push(element(constructed | tag, ...trees.value));
  }
  return ok({
    type: extensionTypes.nameConstraints,
    isCritical: critical === true,
    value: sequence(...parts),
  });
}

function subtrees(names: Names): Result<readonly Uint8Array[], string> {
  const texts: readonly (readonly [number, readonly string[] | undefined])[] = [
    [choice.dns, names.dnsDomains],
    [choice.email, names.emailAddresses],
    [choice.uri, names.uriDomains],
  ];
  const trees: Uint8Array[] = [];
  for (const [number, values = []] of texts) {
    for (const value of values) {
      if (!/^[\x21-\x7e]*$/.test(value)) return err(`${JSON.stringify(value)} constrains nothing`);
      trees.push(sequence(implicit(number, Buffer.from(value, "latin1"))));
    }
  }
  for (const range of names.ipRanges ?? []) {
    const bytes = rangeBytes(range);
    if (bytes === undefined) return err(`${JSON.stringify(range)} is no network`);
    trees.push(sequence(implicit(choice.ip, bytes)));
  }
  return ok(trees);
}

/** Address and mask, one behind the other. */
function rangeBytes(range: string): Uint8Array | undefined {
  const [address = "", length = ""] = range.split("/");
  if (!isAddress(address) || !/^\d{1,3}$/.test(length)) return undefined;
  const bytes = addressBytes(address);
  if (Number(length) > bytes.length * 8) return undefined;
  const mask = bytes.map((_, index) => {
    const left = Math.min(8, Math.max(0, Number(length) - index * 8));
    return 0xff & (0xff << (8 - left));
  });
  return Buffer.concat([bytes.map((byte, index) => byte & (mask[index] ?? 0)), mask]);
}
