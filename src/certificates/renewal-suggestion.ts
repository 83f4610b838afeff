/** What a Certificate's status keeps of when its ACME server wants it renewed (RFC 9773): `status.acme.ari`. */

import { isJsonObject, type Json, type JsonObject, sameJson } from "#base/json.ts";
import { instantOf } from "./certificate-status.ts";

export interface RenewalSuggestion {
  /** Absent: the server has not said one. */
  readonly window?: { readonly start: Temporal.Instant; readonly end: Temporal.Instant };
  /** A page that says why; absent: there is none. */
  readonly explanation?: string;
  /** Why it could not be asked; absent: it could. */
  readonly lastError?: string;
}

export interface StoredSuggestion extends RenewalSuggestion {
  /** When it is asked again, as of the last time that something was kept. */
  readonly nextCheck?: Temporal.Instant;
}

/** Reads it of a Certificate's status; undefined when there is none. */
export function readSuggestion(status: Json | undefined): StoredSuggestion | undefined {
  const ari = within(within(status, "acme"), "ari");
  if (ari === undefined) return undefined;
  const window = within(ari, "suggestedWindow");
  const [start, end] = [instantOf(window?.["start"]), instantOf(window?.["end"])];
  const [explanation, lastError] = [textOf(ari["explanationURL"]), textOf(ari["lastError"])];
  const nextCheck = instantOf(ari["nextCheck"]);
  return {
    ...(start === undefined || end === undefined ? {} : { window: { start, end } }),
    ...(explanation === undefined ? {} : { explanation }),
    ...(lastError === undefined ? {} : { lastError }),
    ...(nextCheck === undefined ? {} : { nextCheck }),
  };
}

/**
 * The fields of a status with what was learned. What says nothing new changes nothing: that the server was asked is no
 * reason to write thousands of Certificates every few hours.
 */
export function withSuggestion(
  fields: JsonObject,
  learned: RenewalSuggestion,
  { asked, next }: { readonly asked: Temporal.Instant; readonly next: Temporal.Instant },
): JsonObject {
  const before = readSuggestion(fields);
  if (before !== undefined && sameJson(saidIn(before), saidIn(learned))) return fields;
  const seconds = (moment: Temporal.Instant): string => moment.toString({ smallestUnit: "second" });
  const times = { lastChecked: seconds(asked), nextCheck: seconds(next) };
  const acme = within(fields, "acme") ?? {};
  return { ...fields, acme: { ...acme, ari: { ...saidIn(learned), ...times } } };
}

/** The fields of a status without what was said of a certificate that is there no more. */
export function withoutSuggestion(fields: JsonObject): JsonObject {
  const acme = within(fields, "acme");
  if (acme?.["ari"] === undefined) return fields;
  const { ari: _, ...others } = acme;
  const { acme: __, ...rest } = fields;
  return Object.keys(others).length === 0 ? rest : { ...rest, acme: others };
}

function saidIn({ window, explanation, lastError }: RenewalSuggestion): JsonObject {
  return {
    ...(window === undefined
      ? {}
      : { suggestedWindow: { start: window.start.toString(), end: window.end.toString() } }),
    ...(explanation === undefined ? {} : { explanationURL: explanation }),
    ...(lastError === undefined ? {} : { lastError }),
  };
}

function within(value: Json | undefined, name: string): JsonObject | undefined {
  const inner = isJsonObject(value) ? (value as JsonObject)[name] : undefined;
  return isJsonObject(inner) ? (inner as JsonObject) : undefined;
}

function textOf(value: Json | undefined): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
