/** Cloudflare's API as far as challenge records need it: zones, and one record a value (API v4, "DNS records for a zone"). */

import { type ApiQuestion, type ApiReply, type FakeApi, serveApi } from "../dns/fake-api.ts";
import type { TxtRecords } from "../dns/txt-records.ts";

export interface FakeCloudflareOptions {
  /** Zone names; each has the name with dashes as its identifier. */
  readonly zones: readonly string[];
  readonly token: string;
  /** A global key, with the e-mail address that belongs to it. */
  readonly key: { readonly email: string; readonly key: string };
  readonly records: TxtRecords;
}

export interface FakeCloudflare extends FakeApi {
  /** For CLOUDFLARE_BASE_URL. */
  readonly base: string;
}

const prefix = "/client/v4";

/** Starts it on loopback. */
export async function startCloudflare(options: FakeCloudflareOptions): Promise<FakeCloudflare> {
  const api = await serveApi((question) => answer(options, question));
  return Object.assign(api, { base: `${api.url}${prefix}` });
}

async function answer(options: FakeCloudflareOptions, question: ApiQuestion): Promise<ApiReply> {
  const refusal = admit(options, question);
  if (refusal !== undefined) return refusal;
  const path = question.url.pathname.slice(prefix.length);
  const { method } = question;
  if (method === "GET" && path === "/zones") return listZones(options, question.url);
  const [, zone = "", id = ""] = /^\/zones\/([^/]+)\/dns_records(?:\/([^/]+))?$/.exec(path) ?? [];
  const name = options.zones.find((one) => identifierOf(one) === zone);
  if (name === undefined) return failed(404, 7003, "Could not route to the zone");
  if (method === "GET") return listRecords(options, question.url);
  if (method === "POST") return await createRecord(options, name, question.body);
  if (method === "DELETE") return await deleteRecord(options, id);
  return failed(405, 10_405, "Method not allowed");
}

function admit(
  { token, key }: FakeCloudflareOptions,
  { headers }: ApiQuestion,
): ApiReply | undefined {
  const byToken = headers.authorization === `Bearer ${token}`;
  const byKey = headers["x-auth-email"] === key.email && headers["x-auth-key"] === key.key;
  if (byToken || byKey) return undefined;
  return failed(400, 6003, "Invalid request headers");
}

function listZones({ zones }: FakeCloudflareOptions, url: URL): ApiReply {
  const wanted = url.searchParams.get("name");
  const found = zones.filter((zone) => wanted === null || zone === wanted);
  return succeeded(
    found.map((name) => ({ id: identifierOf(name), name, status: "active" })),
    url,
  );
}

function listRecords({ records }: FakeCloudflareOptions, url: URL): ApiReply {
  const name = url.searchParams.get("name") ?? "";
  const all = records.of(name).map((value) => ({
    ...{ id: recordId(name, value), type: "TXT", name, content: `"${value}"`, ttl: 60 },
  }));
  return succeeded(all, url);
}

async function createRecord(
  { records }: FakeCloudflareOptions,
  zone: string,
  body: string,
): Promise<ApiReply> {
  const { type, name, content } = JSON.parse(body) as Record<string, string>;
  const isOfZone = name === zone || name?.endsWith(`.${zone}`) === true;
  if (type !== "TXT" || name === undefined || content === undefined || !isOfZone)
    return failed(400, 1004, "DNS Validation Error");
  if (records.of(name).includes(content))
    return failed(400, 81_058, "An identical record already exists.");
  await records.set(name, [...records.of(name), content]);
  return succeeded({ id: recordId(name, content), type, name, content });
}

async function deleteRecord({ records }: FakeCloudflareOptions, id: string): Promise<ApiReply> {
  const [name = "", value = ""] = Buffer.from(id, "hex").toString().split("\n");
  if (!records.of(name).includes(value)) return failed(404, 81_044, "Record does not exist.");
  await records.set(
    name,
    records.of(name).filter((one) => one !== value),
  );
  return succeeded({ id });
}

function identifierOf(zone: string): string {
  return Buffer.from(zone).toString("hex");
}

function recordId(name: string, value: string): string {
  return Buffer.from(`${name}\n${value}`).toString("hex");
}

function succeeded(result: object, url?: URL): ApiReply {
  const envelope = { success: true, errors: [], messages: [] };
  if (!Array.isArray(result)) return { status: 200, body: { ...envelope, result } };
  const size = Number(url?.searchParams.get("per_page") ?? 20);
  const page = Number(url?.searchParams.get("page") ?? 1);
  const part = result.slice((page - 1) * size, page * size);
  return { status: 200, body: { ...envelope, result: part } };
}

function failed(status: number, code: number, message: string): ApiReply {
  const body = { success: false, errors: [{ code, message }], messages: [], result: null };
  return { status, body };
}
