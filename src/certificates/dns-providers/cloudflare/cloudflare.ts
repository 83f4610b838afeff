/** Cloudflare DNS (API v4). */

import type { CloudflareProvider } from "#kinds/cert-manager/dns01-provider.ts";
import { isWithin, namesUpwards } from "../../dns/name.ts";
import type {
  ChallengeRecord,
  DnsProvider,
  ProviderContext,
  RecordOutcome,
} from "../dns-provider.ts";
import { DnsProviderError } from "../dns-provider.ts";
import { CloudflareApi } from "./cloudflare-api.ts";

const ttl = 60;

export const cloudflare: DnsProvider = {
  name: "cloudflare",
  open: ({ cloudflare: config }, context) => {
    if (config === undefined) return undefined;
    return {
      present: async (record, signal) =>
        await present(await apiFor(context, config, signal), record),
      cleanUp: async (record, signal) =>
        await cleanUp(await apiFor(context, config, signal), record),
    };
  },
};

async function apiFor(
  context: ProviderContext,
  { email = "", apiKeySecretRef, apiTokenSecretRef }: CloudflareProvider,
  signal: AbortSignal,
): Promise<CloudflareApi> {
  const reference = apiTokenSecretRef ?? apiKeySecretRef;
  if (reference === undefined)
    throw new DnsProviderError("credentials", "apiKeySecretRef or apiTokenSecretRef is required");
  const secret = await context.secretOf(reference);
  const text = Buffer.from(secret.reveal()).toString("utf8").trim();
  // What cannot stand in a header is no token: often a file with more than the token in it.
  if (!/^[!-~]+$/.test(text)) {
    const message = `the value in Secret ${reference.name} is no token of Cloudflare`;
    throw new DnsProviderError("credentials", message);
  }
  const headers =
    apiTokenSecretRef === undefined
      ? { "x-auth-email": email, "x-auth-key": text }
      : { authorization: `Bearer ${text}` };
  return new CloudflareApi(context, headers, signal);
}

async function present(api: CloudflareApi, record: ChallengeRecord): Promise<RecordOutcome> {
  const zone = await findZone(api, record.name);
  const there = await recordsOf(api, zone, record);
  if (there.length === 0) {
    const { name, value: content } = record;
    await api.create(`/zones/${zone}/dns_records`, { type: "TXT", name, content, ttl });
  }
  return { kind: "done" };
}

async function cleanUp(api: CloudflareApi, record: ChallengeRecord): Promise<RecordOutcome> {
  const zone = await findZone(api, record.name);
  for (const id of await recordsOf(api, zone, record))
    await api.remove(`/zones/${zone}/dns_records/${id}`);
  return { kind: "done" };
}

/** The identifier of the zone that holds a name: of several the one with the longest name. */
async function findZone(api: CloudflareApi, name: string): Promise<string> {
  const above = namesUpwards(name).filter((candidate) => candidate.includes("."));
  for (const candidate of above) {
    const zones = await api.list(`/zones?name=${encodeURIComponent(candidate)}`);
    const zone = zones.find((one) => one["name"] === candidate && isWithin(name, candidate));
    if (typeof zone?.["id"] === "string") return identifier(zone["id"]);
  }
  const message = `no zone at Cloudflare holds ${name}, or the token may not read it`;
  throw new DnsProviderError("no-zone", message);
}

/** The identifiers of the TXT records with this value: Cloudflare has one record a value. */
async function recordsOf(
  api: CloudflareApi,
  zone: string,
  { name, value }: ChallengeRecord,
): Promise<readonly string[]> {
  const path = `/zones/${zone}/dns_records?type=TXT&name=${encodeURIComponent(name)}`;
  const records = await api.list(path);
  return records.flatMap(({ id, content, type }) =>
    type === "TXT" && typeof id === "string" && isValue(content, value) ? [identifier(id)] : [],
  );
}

/** Cloudflare gives back values in quotes, whether or not they were written with them. */
function isValue(content: unknown, value: string): boolean {
  return content === value || content === `"${value}"`;
}

/** What ends up in a path must not lead elsewhere. */
function identifier(id: string): string {
  if (!/^[A-Za-z0-9_-]+$/.test(id))
    throw new DnsProviderError("outage", "Cloudflare answers with an identifier that is none");
  return id;
}
