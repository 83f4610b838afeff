/** Names and hashes as Kubernetes' controllers make them. */

import { contentHash } from "#base/content-hash.ts";
import type { Json } from "#base/json.ts";
import { isJsonObject } from "#base/json.ts";
import type { Random } from "#runtime/random.ts";

/** Letters and digits that form no words (`k8s.io/apimachinery/pkg/util/rand`). */
const alphabet = "bcdfghjklmnpqrstvwxz2456789";

/** A hash of `length` characters of Kubernetes' alphabet; equal for equal data whatever the order of its keys. */
export function nameHash(value: Json, length: number): string {
  const digits = contentHash(canonicalText(value));
  let rest = BigInt(`0x${digits}`);
  let name = "";
  for (let index = 0; index < length; index++) {
    name += alphabet[Number(rest % 27n)];
    rest /= 27n;
  }
  return name;
}

/** Five random characters, the tail of a pod's name. */
export function randomTail(random: Random): string {
  return Array.from(random.bytes(5), (byte) => alphabet[byte % alphabet.length]).join("");
}

/** A prefix cut so that `<prefix><tail>` fits the 63 characters of a label value and host name. */
export function generatedName(prefix: string, tail: string): string {
  return `${prefix.slice(0, 63 - tail.length - 1)}-${tail}`;
}

/** JSON with sorted keys. */
export function canonicalText(value: Json | undefined): string {
  if (Array.isArray(value)) {
    return `[${(value as readonly Json[]).map((entry) => canonicalText(entry)).join(",")}]`;
  }
  if (!isJsonObject(value)) return JSON.stringify(value ?? null);
  const pairs = Object.keys(value)
    .sort()
    .filter((key) => value[key] !== undefined)
    .map((key) => `${JSON.stringify(key)}:${canonicalText(value[key])}`);
  return `{${pairs.join(",")}}`;
}
