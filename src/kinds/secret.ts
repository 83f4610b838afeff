/** Secret, v1. Values stay base64 texts until somebody with a reason decodes them. */

import { isJsonObject, type Json, type JsonObject } from "#base/json.ts";
import {
  boolean,
  fields,
  mapOf,
  optional,
  type Parsed,
  type Parser,
  text,
  textLike,
} from "#base/schema.ts";
import type { Kind, Known } from "./kind.ts";
import type { KubeObject } from "./object.ts";

const base64Text = /^[A-Za-z0-9+/\s]*={0,2}\s*$/;
const base64 = textLike(base64Text, "must be base64 text");

/** As `text`, but what is wrong is said without showing the value. */
const secretText: Parser<string> = (value, reading) => {
  if (typeof value === "string") return value;
  reading.problems.push({ path: reading.path, problem: "invalid", message: "must be text" });
  return undefined;
};

const body = fields({
  type: optional(text),
  data: optional(mapOf(base64)),
  stringData: optional(mapOf(secretText)),
  immutable: optional(boolean),
});

export type Secret = Parsed<typeof body>;

export const secretKind: Kind<Secret> = {
  id: "Secret",
  group: "",
  version: "v1",
  kind: "Secret",
  plural: "secrets",
  shortNames: [],
  namespaced: true,
  legacy: {},
  parse: body,
  withoutEffect: [
    {
      path: "immutable",
      harmless: [false],
      reason: "a changed file is taken all the same",
      advice: "give what changes a new name, as a cluster would want it",
    },
  ],
  columns: [
    { title: "TYPE", value: (known) => known.value?.type ?? "Opaque" },
    { title: "DATA", value: (known) => `${keys(known).size}` },
  ],
};

function keys(known: Known<Secret>): ReadonlySet<string> {
  return new Set([
    ...Object.keys(known.value?.data ?? {}),
    ...Object.keys(known.value?.stringData ?? {}),
  ]);
}

/** The value of one key, decoded; `stringData` wins over `data`, as when the API server writes it (Kubernetes API reference, "Secret v1"). */
export function secretValue(secret: Secret, key: string): Uint8Array | undefined {
  const plain = secret.stringData?.[key];
  if (plain !== undefined) return Buffer.from(plain, "utf8");
  const encoded = secret.data?.[key];
  return encoded === undefined ? undefined : Buffer.from(encoded, "base64");
}

/** The same of an object that was not read: nothing else in it is looked at. */
export function secretValueIn(
  { body: { stringData, data } }: KubeObject,
  key: string,
): Uint8Array | undefined {
  const plain = entryOf(stringData, key);
  if (plain !== undefined) return Buffer.from(plain, "utf8");
  const encoded = entryOf(data, key);
  return encoded !== undefined && base64Text.test(encoded)
    ? Buffer.from(encoded, "base64")
    : undefined;
}

function entryOf(map: Json | undefined, key: string): string | undefined {
  const value = isJsonObject(map) && Object.hasOwn(map, key) ? (map as JsonObject)[key] : undefined;
  return typeof value === "string" ? value : undefined;
}

/** All values as text, by key. */
export function secretEntries(secret: Secret): Readonly<Record<string, string>> {
  const keys = new Set([
    ...Object.keys(secret.data ?? {}),
    ...Object.keys(secret.stringData ?? {}),
  ]);
  const decoder = new TextDecoder();
  return Object.fromEntries(
    [...keys].sort().map((key) => [key, decoder.decode(secretValue(secret, key))] as const),
  );
}
