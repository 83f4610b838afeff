/** What Orders and Challenges have in common: their states, and how they are read, shown and registered. */

import { isJsonObject, type JsonObject } from "#base/json.ts";
import { oneOf, type Parsed, type Parser } from "#base/schema.ts";
import type { Column, Known } from "../kind.ts";
import type { KubeObject } from "../object.ts";
import { issuerFields } from "./issuer-reference.ts";

/** Where an order or a challenge stands; the last three are failures. */
export const acmeState = oneOf(
  ...["pending", "ready", "processing", "valid"],
  ...["invalid", "expired", "errored"],
);

export type AcmeState = Parsed<typeof acmeState>;

/** Whether nothing more becomes of an order or a challenge in that state. */
export function isFinalState(state: AcmeState | undefined): boolean {
  return state !== undefined && !["pending", "ready", "processing"].includes(state);
}

/** Reads the status of an object; of what cannot be read nothing. */
export function statusReader<Status extends object>(
  status: Parser<Status>,
): (object: KubeObject) => Status | Partial<Status> {
  return ({ status: value }) => status(value ?? {}, { path: "status", problems: [] }) ?? {};
}

/** What both kinds say of themselves. */
export const acmeKind = {
  group: "acme.cert-manager.io",
  version: "v1",
  shortNames: [],
  namespaced: true,
  legacy: {},
  withoutEffect: [],
} as const;

/** What their definitions say alike. */
export const acmeDefinition = {
  categories: ["cert-manager", "cert-manager-acme"],
  selectableFields: issuerFields,
} as const;

export const stateColumn: Column<unknown> = {
  title: "STATE",
  jsonPath: ".status.state",
  value: (known) => statusText(known, "state"),
};

export const reasonColumn: Column<unknown> = {
  title: "REASON",
  wide: true,
  jsonPath: ".status.reason",
  value: (known) => statusText(known, "reason"),
};

/** Empty while it is not there. */
function statusText({ object }: Known<unknown>, field: string): string {
  const value = isJsonObject(object.status) ? (object.status as JsonObject)[field] : undefined;
  return typeof value === "string" ? value : "";
}
