/** Columns that kinds of k8s.nginx.org print from their status. */

import { isJsonObject, type Json, type JsonObject } from "#base/json.ts";
import type { Column, Known } from "../kind.ts";

/** One word of a status; empty while it is not there, as kubectl prints a path that finds nothing. */
function statusText({ object }: Known<unknown>, field: string): string {
  const value = isJsonObject(object.status) ? (object.status as JsonObject)[field] : undefined;
  return typeof value === "string" ? value : "";
}

/** One field of all external endpoints, with blanks between them, as kubectl joins a `[*]`. */
function endpointTexts({ object }: Known<unknown>, field: string): string {
  const status = isJsonObject(object.status) ? (object.status as JsonObject) : {};
  const endpoints = status["externalEndpoints"];
  if (!Array.isArray(endpoints)) return "";
  return (endpoints as readonly Json[])
    .flatMap((entry) => (isJsonObject(entry) ? [(entry as JsonObject)[field]] : []))
    .filter((value) => typeof value === "string")
    .join(" ");
}

export const stateColumn: Column<unknown> = {
  title: "STATE",
  value: (known) => statusText(known, "state"),
};

export const reasonColumn: Column<unknown> = {
  title: "REASON",
  value: (known) => statusText(known, "reason"),
};

/** What a kind with a host prints: where it stands, for which host, and where it is reached. */
export function hostColumns<
  T extends { readonly spec?: { readonly host?: string } },
>(): readonly Column<T>[] {
  return [
    stateColumn,
    { title: "HOST", value: (known) => known.value?.spec?.host ?? "" },
    { title: "IP", value: (known) => endpointTexts(known, "ip") },
    { title: "EXTERNALHOSTNAME", wide: true, value: (known) => endpointTexts(known, "hostname") },
    { title: "PORTS", value: (known) => endpointTexts(known, "ports") },
  ];
}
