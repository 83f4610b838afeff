/** The TXT record set of one name at Azure: read, and written only if nobody else wrote it meanwhile. */

import { isJsonObject, type Json, type JsonObject } from "#base/json.ts";
import type { SecretBytes } from "#base/secret-bytes.ts";
import { foreignText } from "../../outbound/foreign-text.ts";
import type { OutboundAnswer } from "../../outbound/outbound-door.ts";
import {
  DnsProviderError,
  type DnsProviderErrorCode,
  type ProviderContext,
} from "../dns-provider.ts";
import { objectIn } from "../json-answer.ts";
import { retryAfterOf } from "../retry-after.ts";

/** Public and private zones say the same in different words. */
export interface ZoneWords {
  readonly apiVersion: string;
  readonly records: string;
  readonly ttl: string;
}

export interface RecordSetPlace {
  readonly url: string;
  readonly words: ZoneWords;
  readonly token: SecretBytes;
}

export interface RecordSet {
  readonly etag: string;
  readonly values: readonly string[];
  /** Everything that it has, so that what others set is written back. */
  readonly properties: JsonObject;
}

/** Undefined when there is none. */
export async function readRecordSet(
  context: ProviderContext,
  place: RecordSetPlace,
  signal: AbortSignal,
): Promise<RecordSet | undefined> {
  const answer = await send(context, place, { method: "GET" }, signal);
  if (answer.status === 404) return undefined;
  const body = successful(answer);
  const properties = isJsonObject(body["properties"]) ? (body["properties"] as JsonObject) : {};
  const records = properties[place.words.records];
  const values = Array.isArray(records) ? (records as readonly Json[]).map(valueOf) : [];
  const etag = typeof body["etag"] === "string" ? body["etag"] : (answer.headers["etag"] ?? "");
  return { etag, values, properties };
}

/** Values of more than 255 bytes are several texts. */
function valueOf(record: Json): string {
  const parts = isJsonObject(record) ? (record as JsonObject)["value"] : undefined;
  return Array.isArray(parts) ? parts.filter((part) => typeof part === "string").join("") : "";
}

export interface RecordSetChange {
  readonly from: RecordSet | undefined;
  readonly values: readonly string[];
  /** Seconds, for a new one. */
  readonly ttl: number;
}

/** Writes it as it shall be, removed when no value is left; `conflict` when somebody else wrote it since it was read. */
export async function writeRecordSet(
  context: ProviderContext,
  place: RecordSetPlace,
  { from, values, ttl }: RecordSetChange,
  signal: AbortSignal,
): Promise<"written" | "conflict"> {
  const condition = from === undefined ? { "if-none-match": "*" } : { "if-match": from.etag };
  const { words } = place;
  const properties = {
    ...(from === undefined ? { [words.ttl]: ttl } : from.properties),
    [words.records]: values.map((value) => ({ value: [value] })),
  };
  const request =
    values.length === 0
      ? { method: "DELETE" as const, condition }
      : { method: "PUT" as const, condition, body: { properties } };
  const answer = await send(context, place, request, signal);
  if (answer.status === 412 || answer.status === 409) return "conflict";
  if (answer.status === 404 && request.method === "DELETE") return "written";
  successful(answer);
  return "written";
}

async function send(
  { outbound }: ProviderContext,
  { url, words, token }: RecordSetPlace,
  request: {
    readonly method: "GET" | "PUT" | "DELETE";
    readonly condition?: Readonly<Record<string, string>>;
    readonly body?: JsonObject;
  },
  signal: AbortSignal,
): Promise<OutboundAnswer> {
  const { method, condition = {}, body } = request;
  return await outbound.request(
    {
      method,
      url: `${url}?api-version=${words.apiVersion}`,
      headers: {
        authorization: `Bearer ${Buffer.from(token.reveal()).toString("latin1")}`,
        accept: "application/json",
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...condition,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    },
    signal,
  );
}

function successful({ status, headers, body }: OutboundAnswer): JsonObject {
  const parsed = objectIn(body);
  if (status >= 200 && status < 300) return parsed;
  const error = isJsonObject(parsed["error"]) ? (parsed["error"] as JsonObject) : parsed;
  const { code, message } = error;
  const said = [code, message].filter((part) => typeof part === "string" && part !== "");
  const told = said.length === 0 ? `status ${status}` : foreignText(said.join(": "));
  throw new DnsProviderError(codeOf(status), `Azure: ${told}`, retryAfterOf(headers) ?? {});
}

function codeOf(status: number): DnsProviderErrorCode {
  if (status === 429) return "limited";
  if (status === 401 || status === 403) return "denied";
  if (status === 404) return "no-zone";
  return status >= 400 && status < 500 ? "refused" : "outage";
}
