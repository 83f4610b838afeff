/** Azure as far as challenge records need it: tokens, and TXT record sets that are written whole (DNS zones 2018-05-01, private 2020-06-01). */

import { type ApiQuestion, type ApiReply, type FakeApi, serveApi } from "../dns/fake-api.ts";
import type { TxtRecords } from "../dns/txt-records.ts";

export interface FakeAzureOptions {
  readonly subscription: string;
  readonly group: string;
  readonly zones: readonly string[];
  readonly tenant: string;
  readonly client: string;
  /** What lets in: the secret of a service principal, the token of a workload identity. */
  readonly secret: string;
  readonly federatedToken: string;
  readonly records: TxtRecords;
  /** Called between reading and writing a record set: somebody else may write it then. */
  readonly beforeWrite?: () => Promise<void>;
}

const accessToken = "azure-access-token";

/** Starts it on loopback: token service, resource manager and metadata service at one address. */
export async function startAzure(options: FakeAzureOptions): Promise<FakeApi> {
  const etags = new Map<string, number>();
  return await serveApi(async (question) => {
    const { pathname } = question.url;
    if (pathname === "/metadata/identity/oauth2/token") return ofMachine(options, question);
    if (pathname.endsWith("/oauth2/v2.0/token")) return giveToken(options, question);
    return await manage(options, etags, question);
  });
}

function giveToken(options: FakeAzureOptions, { url, body }: ApiQuestion): ApiReply {
  const form = new URLSearchParams(body);
  const isScope = form.get("scope") === "https://management.azure.com/.default";
  const isClient = form.get("client_id") === options.client;
  const isTenant = url.pathname === `/${options.tenant}/oauth2/v2.0/token`;
  const isLetIn =
    form.get("client_secret") === options.secret ||
    form.get("client_assertion") === options.federatedToken;
  if (isScope && isClient && isTenant && isLetIn)
    return {
      status: 200,
      body: { token_type: "Bearer", expires_in: 3599, access_token: accessToken },
    };
  const description = "AADSTS7000215: Invalid client secret provided.\r\nTrace ID: 1";
  return { status: 401, body: { error: "invalid_client", error_description: description } };
}

function ofMachine(options: FakeAzureOptions, { url, headers }: ApiQuestion): ApiReply {
  const isFine =
    headers["metadata"] === "true" &&
    url.searchParams.get("resource") === "https://management.azure.com" &&
    (url.searchParams.get("client_id") ?? options.client) === options.client;
  return isFine
    ? { status: 200, body: { access_token: accessToken, expires_in: "86399" } }
    : { status: 400, body: { error: "invalid_request", error_description: "Identity not found" } };
}

async function manage(
  options: FakeAzureOptions,
  etags: Map<string, number>,
  question: ApiQuestion,
): Promise<ApiReply> {
  const { url, headers } = question;
  if (headers.authorization !== `Bearer ${accessToken}`)
    return failed(401, "AuthenticationFailed", "Authentication failed.");
  const parts = url.pathname.split("/").map(decodeURIComponent);
  const [, , subscription, , group, , , collection, zone = "", , relative = ""] = parts;
  if (subscription !== options.subscription || group !== options.group)
    return failed(404, "ResourceGroupNotFound", "The resource group was not found.");
  if (!options.zones.includes(zone))
    return failed(404, "ParentResourceNotFound", "The zone was not found.");
  const version = collection === "dnsZones" ? "2018-05-01" : "2020-06-01";
  if (url.searchParams.get("api-version") !== version)
    return failed(400, "NoRegisteredProviderFound", "No such version.");
  const words = collection === "dnsZones" ? ["TXTRecords", "TTL"] : ["txtRecords", "ttl"];
  const name = relative === "@" ? zone : `${relative}.${zone}`;
  return await recordSet(options, etags, { ...question, name, words });
}

interface AboutSet extends ApiQuestion {
  readonly name: string;
  readonly words: readonly string[];
}

async function recordSet(
  { records, beforeWrite }: FakeAzureOptions,
  etags: Map<string, number>,
  { method, headers, body, name, words }: AboutSet,
): Promise<ApiReply> {
  if (method !== "GET") await beforeWrite?.();
  const values = records.of(name);
  // Also what others write has a new tag.
  const etag = `"${etags.get(name) ?? 0}-${values.length}"`;
  const [recordsWord = "", ttlWord = ""] = words;
  const properties = {
    [ttlWord]: 60,
    [recordsWord]: values.map((value) => ({ value: [value] })),
    metadata: { owner: "somebody" },
  };
  if (method === "GET") {
    return values.length === 0
      ? failed(404, "NotFound", `The resource record '${name}' does not exist.`)
      : { status: 200, body: { name, etag, properties } };
  }
  const isNew = values.length === 0;
  const isExpected =
    headers["if-match"] === undefined
      ? headers["if-none-match"] === "*" && isNew
      : headers["if-match"] === etag && !isNew;
  if (!isExpected) return failed(412, "PreconditionFailed", "The condition was not met.");
  etags.set(name, (etags.get(name) ?? 0) + 1);
  const wanted = method === "DELETE" ? [] : sentRecords(body, recordsWord);
  await records.set(
    name,
    wanted.map(({ value }) => value.join("")),
  );
  return { status: method === "DELETE" ? 200 : 201, body: {} };
}

interface SentRecord {
  readonly value: readonly string[];
}

function sentRecords(body: string, word: string): readonly SentRecord[] {
  const { properties } = JSON.parse(body) as {
    readonly properties: Readonly<Record<string, readonly SentRecord[]>>;
  };
  return properties[word] ?? [];
}

function failed(status: number, code: string, message: string): ApiReply {
  return { status, body: { error: { code, message } } };
}
