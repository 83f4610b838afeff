/** Namespace, v1: read so that its labels can be used and its presence is no surprise. */

import { fields, list, optional, type Parsed, text } from "#base/schema.ts";
import type { Kind } from "./kind.ts";

const body = fields({ spec: optional(fields({ finalizers: optional(list(text)) })) });

export type Namespace = Parsed<typeof body>;

export const namespaceKind: Kind<Namespace> = {
  id: "Namespace",
  group: "",
  version: "v1",
  kind: "Namespace",
  plural: "namespaces",
  shortNames: ["ns"],
  namespaced: false,
  legacy: {},
  parse: body,
  withoutEffect: [],
  columns: [{ title: "STATUS", value: () => "Active" }],
};
