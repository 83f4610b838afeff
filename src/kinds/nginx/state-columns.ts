/** Columns that kinds of k8s.nginx.org print from their status. */

import { isJsonObject, type Json, type JsonObject } from "#base/json.ts";
import type { Column, Known } from "../kind.ts";

/** One word of a status; empty while it is not there, as kubectl prints a path that finds nothing. */
function statusText({ object }: Known<unknown>, field: string): string {
  const value = isJsonObject(object.status) ? (object.status as JsonObject)[field] : undefined;
  return typeof value === "string" ? value : "";
}

/** One field of the first external endpoint that has it: all that the API server prints of a `[*]`. */
function endpointText({ object }: Known<unknown>, field: string): string {
  const status = isJsonObject(object.status) ? (object.status as JsonObject) : {};
  const endpoints = status["externalEndpoints"];
  if (!Array.isArray(endpoints)) return "";
  const texts = (endpoints as readonly Json[])
    .flatMap((entry) => (isJsonObject(entry) ? [(entry as JsonObject)[field]] : []))
    .filter((value) => typeof value === "string");
  return texts[0] ?? "";
}

export const stateColumn: Column<unknown> = {
  title: "STATE",
  jsonPath: ".status.state",
  value: (known) => statusText(known, "state"),
};

export const reasonColumn: Column<unknown> = {
  title: "REASON",
  jsonPath: ".status.reason",
  value: (known) => statusText(known, "reason"),
};

/** What a kind with a host prints: where it stands, for which host, and where it is reached. */
export function hostColumns<
  T extends { readonly spec?: { readonly host?: string } },
>(): readonly Column<T>[] {
  return [
    stateColumn,
    { title: "HOST", jsonPath: ".spec.host", value: (known) => known.value?.spec?.host ?? "" },
    {
      title: "IP",
      jsonPath: ".status.externalEndpoints[*].ip",
      value: (known) => endpointText(known, "ip"),
    },
    {
      title: "EXTERNALHOSTNAME",
      wide: true,
      jsonPath: ".status.externalEndpoints[*].hostname",
      value: (known) => endpointText(known, "hostname"),
    },
    {
      title: "PORTS",
      jsonPath: ".status.externalEndpoints[*].ports",
      value: (known) => endpointText(known, "ports"),
    },
  ];
}
