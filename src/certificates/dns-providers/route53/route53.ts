/** Amazon Route 53 (API version 2013-04-01). */

import type { Route53Provider } from "#kinds/cert-manager/dns01-provider.ts";
import type { OutboundDoor } from "../../outbound/outbound-door.ts";
import {
  type ChallengeRecord,
  type DnsProvider,
  DnsProviderError,
  type ProviderContext,
  type RecordOutcome,
} from "../dns-provider.ts";
import { additionOf, removalOf } from "./record-changes.ts";
import { Route53Api } from "./route53-api.ts";
import { CredentialCache } from "./route53-credentials.ts";

/** AWS brings a change to all of its name servers within a minute. */
const changeWait = Temporal.Duration.from({ seconds: 4 });
/** Somebody else changed the same record set. */
const raceWait = Temporal.Duration.from({ seconds: 1 });

/** Changes whose end nobody asked for are forgotten beyond this. */
const mostChanges = 1000;

/** What is remembered of one way out: credentials, and which changes AWS still brings to its name servers. */
interface Memory {
  readonly credentials: CredentialCache;
  /** Zone, name and value → the change that brings it. */
  readonly changes: Map<string, string>;
}

function createRoute53(): DnsProvider {
  const memories = new WeakMap<OutboundDoor, Memory>();
  const memoryOf = ({ outbound }: ProviderContext): Memory => {
    const memory = memories.get(outbound) ?? {
      ...{ credentials: new CredentialCache(), changes: new Map() },
    };
    memories.set(outbound, memory);
    return memory;
  };
  return {
    name: "route53",
    open: ({ route53: config }, context) => {
      if (config === undefined) return undefined;
      const { credentials, changes } = memoryOf(context);
      const withApi = async (
        record: ChallengeRecord,
        signal: AbortSignal,
        run: (api: Route53Api, task: Task) => Promise<RecordOutcome>,
      ): Promise<RecordOutcome> => {
        const access = await credentials.of(context, config);
        const api = new Route53Api(context, access, signal);
        try {
          return await run(api, { config, record, changes });
        } catch (error) {
          if (error instanceof DnsProviderError && error.code === "denied") access.forget();
          throw error;
        }
      };
      return {
        present: (record, signal) => withApi(record, signal, present),
        cleanUp: (record, signal) => withApi(record, signal, cleanUp),
      };
    },
  };
}

export const route53: DnsProvider = createRoute53();

interface Task {
  readonly config: Route53Provider;
  readonly record: ChallengeRecord;
  /** Zone, name and value → the change that brings it. */
  readonly changes: Map<string, string>;
}

async function present(api: Route53Api, task: Task): Promise<RecordOutcome> {
  const { record, changes } = task;
  const zone = await zoneOf(api, task);
  const change = additionOf(await api.textRecords(zone, record.name), record);
  const key = [zone, record.name, record.value].join(" ");
  if (change !== undefined) {
    const id = await api.change(zone, change);
    if (id === undefined) return raced;
    remember(changes, key, id);
  }
  const id = changes.get(key);
  if (id === undefined || (await api.isEverywhere(id))) {
    changes.delete(key);
    return { kind: "done" };
  }
  const message = "Route 53 brings the record to its name servers";
  return { kind: "pending", message, retryAfter: changeWait };
}

async function cleanUp(api: Route53Api, task: Task): Promise<RecordOutcome> {
  const { record, changes } = task;
  const zone = await zoneOf(api, task);
  const change = removalOf(await api.textRecords(zone, record.name), record);
  if (change !== undefined && (await api.change(zone, change)) === undefined) return raced;
  changes.delete([zone, record.name, record.value].join(" "));
  return { kind: "done" };
}

const raced: RecordOutcome = {
  ...{ kind: "pending", retryAfter: raceWait },
  message: "somebody else changed the record set in Route 53 at the same time",
};

async function zoneOf(api: Route53Api, { config, record }: Task): Promise<string> {
  const { hostedZoneID = "" } = config;
  if (hostedZoneID === "") return await api.findZone(record.name);
  const zone = hostedZoneID.replace(/^\/hostedzone\//, "");
  // What ends up in a path must not lead elsewhere.
  if (!/^[A-Za-z0-9]{1,32}$/.test(zone))
    throw new DnsProviderError("refused", "hostedZoneID is no identifier of a zone in Route 53");
  return zone;
}

function remember(changes: Map<string, string>, key: string, id: string): void {
  changes.set(key, id);
  const [oldest] = changes.keys();
  if (changes.size > mostChanges && oldest !== undefined) changes.delete(oldest);
}
