/** ConfigMap, v1: settings that pods read as environment or files. */

import type { Parsed } from "#base/schema.ts";
import { boolean, fields, mapOf, optional, text, textLike } from "#base/schema.ts";
import type { Kind } from "./kind.ts";

const base64 = textLike(/^[A-Za-z0-9+/\s]*={0,2}\s*$/, "must be base64 text");

const body = fields({
  data: optional(mapOf(text)),
  binaryData: optional(mapOf(base64)),
  immutable: optional(boolean),
});

export type ConfigMap = Parsed<typeof body>;

export const configMapKind: Kind<ConfigMap> = {
  id: "ConfigMap",
  group: "",
  version: "v1",
  kind: "ConfigMap",
  plural: "configmaps",
  shortNames: ["cm"],
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
    {
      title: "DATA",
      value: ({ value }) =>
        `${Object.keys(value?.data ?? {}).length + Object.keys(value?.binaryData ?? {}).length}`,
    },
  ],
};

/** All values by key: text as UTF-8, `binaryData` decoded. */
export function configMapValues(map: ConfigMap): ReadonlyMap<string, Uint8Array> {
  const values = new Map<string, Uint8Array>();
  for (const [key, value] of Object.entries(map.data ?? {}))
    values.set(key, Buffer.from(value, "utf8"));
  for (const [key, value] of Object.entries(map.binaryData ?? {})) {
    values.set(key, Buffer.from(value, "base64"));
  }
  return values;
}
