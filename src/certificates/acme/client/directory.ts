/** Where an ACME server has what (RFC 8555 §7.1.1, RFC 9773 §4.1). */

import { isJsonObject, type Json, type JsonObject } from "#base/json.ts";
import { err, ok, type Result } from "#base/result.ts";
import { parseJson } from "./json-text.ts";

export interface Directory {
  readonly newNonce: string;
  readonly newAccount: string;
  readonly newOrder: string;
  readonly revokeCert: string | undefined;
  readonly keyChange: string | undefined;
  /** Undefined: the server does not say when to renew. */
  readonly renewalInfo: string | undefined;
  readonly requiresExternalAccount: boolean;
  /** Names of profiles; empty: the server has none. */
  readonly profiles: readonly string[];
  /** By what CAA records name the authority (RFC 8555 §9.7.6); empty: it does not say. */
  readonly caaIdentities: readonly string[];
}

/** Reads the directory; every URL in it is one of the scheme of the directory's own. */
export function parseDirectory(body: string, url: string): Result<Directory, string> {
  const parsed = parseJson(body);
  if (!isJsonObject(parsed)) return err("its directory is no JSON object");
  const value = parsed as JsonObject;
  const { protocol } = new URL(url);
  const urlAt = (name: string): string | undefined => {
    const text = value[name];
    if (typeof text !== "string") return undefined;
    return URL.parse(text)?.protocol === protocol ? text : undefined;
  };
  const newNonce = urlAt("newNonce");
  const newAccount = urlAt("newAccount");
  const newOrder = urlAt("newOrder");
  if (newNonce === undefined || newAccount === undefined || newOrder === undefined)
    return err("its directory does not say where nonces, accounts and orders are made");
  const meta = isJsonObject(value["meta"]) ? (value["meta"] as JsonObject) : {};
  const { externalAccountRequired, profiles, caaIdentities } = meta;
  return ok({
    newNonce,
    newAccount,
    newOrder,
    revokeCert: urlAt("revokeCert"),
    keyChange: urlAt("keyChange"),
    renewalInfo: urlAt("renewalInfo"),
    requiresExternalAccount: externalAccountRequired === true,
    profiles: isJsonObject(profiles) ? Object.keys(profiles as JsonObject).slice(0, 50) : [],
    caaIdentities: Array.isArray(caaIdentities)
      ? (caaIdentities as readonly Json[]).filter((one) => typeof one === "string").slice(0, 50)
      : [],
  });
}
