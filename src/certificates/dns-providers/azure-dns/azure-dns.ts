/** Azure DNS, public and private zones: a name has one record set, whose values we share with others. */

import type { AzureDnsProvider } from "#kinds/cert-manager/dns01-provider.ts";
import { isWithin, plainName } from "../../dns/name.ts";
import {
  type ChallengeRecord,
  type DnsProvider,
  DnsProviderError,
  type ProviderContext,
  type RecordOutcome,
} from "../dns-provider.ts";
import { cloudOf, pathSegment } from "./azure-cloud.ts";
import { tokenFor } from "./azure-token.ts";
import {
  type RecordSetPlace,
  readRecordSet,
  writeRecordSet,
  type ZoneWords,
} from "./record-set.ts";

const ttl = 60;
/** How often it is read again because somebody else wrote it meanwhile. */
const mostTries = 6;

const zoneTypes = {
  AzurePublicZone: {
    collection: "dnsZones",
    words: { apiVersion: "2018-05-01", records: "TXTRecords", ttl: "TTL" },
  },
  AzurePrivateZone: {
    collection: "privateDnsZones",
    words: { apiVersion: "2020-06-01", records: "txtRecords", ttl: "ttl" },
  },
} as const satisfies Readonly<
  Record<string, { readonly collection: string; readonly words: ZoneWords }>
>;

export const azureDns: DnsProvider = {
  name: "azureDNS",
  open: ({ azureDNS: config }, context) => {
    if (config === undefined) return undefined;
    return {
      present: (record, signal) => change(context, config, { record, action: "add" }, signal),
      cleanUp: (record, signal) => change(context, config, { record, action: "remove" }, signal),
    };
  },
};

interface Wish {
  readonly record: ChallengeRecord;
  readonly action: "add" | "remove";
}

async function change(
  context: ProviderContext,
  config: AzureDnsProvider,
  { record, action }: Wish,
  signal: AbortSignal,
): Promise<RecordOutcome> {
  const place = await placeOf(context, config, record, signal);
  const { value } = record;
  for (let left = mostTries; left > 0; left--) {
    const from = await readRecordSet(context, place, signal);
    const values = from?.values ?? [];
    if (values.includes(value) === (action === "add")) return { kind: "done" };
    const wanted = action === "add" ? [...values, value] : values.filter((one) => one !== value);
    const written = await writeRecordSet(context, place, { from, values: wanted, ttl }, signal);
    if (written === "written") return { kind: "done" };
  }
  const message = "others kept writing the record set at Azure";
  return { kind: "pending", message, retryAfter: Temporal.Duration.from({ seconds: 2 }) };
}

async function placeOf(
  context: ProviderContext,
  config: AzureDnsProvider,
  { name }: ChallengeRecord,
  signal: AbortSignal,
): Promise<RecordSetPlace> {
  const { hostedZoneName = "", environment, zoneType = "AzurePublicZone" } = config;
  const zone = plainName(
    hostedZoneName === "" ? await context.zoneOf(name, signal) : hostedZoneName,
  );
  if (!isWithin(name, zone))
    throw new DnsProviderError("no-zone", `${name} is not in the zone ${zone}`);
  const cloud = cloudOf(environment, context.variables);
  const { collection, words } = zoneTypes[zoneType];
  const parts = [
    ...["subscriptions", config.subscriptionID, "resourceGroups", config.resourceGroupName],
    ...["providers", "Microsoft.Network", collection, zone, "TXT", relativeName(name, zone)],
  ];
  const url = `${cloud.manager}/${parts.map(pathSegment).join("/")}`;
  return { url, words, token: await tokenFor(context, config, cloud, signal) };
}

/** `@` is the zone itself. */
function relativeName(name: string, zone: string): string {
  const plain = plainName(name);
  return plain === zone ? "@" : plain.slice(0, -zone.length - 1);
}
