/** How a DNS provider fails, by the way in which it is asked: over HTTP, over DNS, through an API server. A person does not fail like this. */

import type { Json } from "#base/json.ts";
import type { ProviderFault, ProviderUnderTest } from "#certificates/dns-providers/contract.ts";
import type { ApiServices } from "#certificates/dns-providers/dns-provider.ts";
import {
  type OutboundAnswer,
  type OutboundDoor,
  OutboundError,
} from "#certificates/outbound/outbound-door.ts";
import type { DnsTransport } from "#runtime/network/dns-transport.ts";
import { NetworkError } from "#runtime/network/network.ts";

type Sleep = (duration: Temporal.Duration, signal?: AbortSignal) => Promise<void>;

/** What comes in place of an answer, by way; absent: it cannot happen there. */
interface Answers {
  readonly http?: (sleep: Sleep) => Promise<OutboundAnswer>;
  readonly dns?: (
    signal: AbortSignal,
    service: ProviderUnderTest,
    own: () => Promise<Uint8Array>,
  ) => Promise<Uint8Array>;
  readonly api?: (sleep: Sleep) => Promise<{ readonly status: number; readonly body: Json }>;
}

export interface Fault extends Answers {
  readonly says: RegExp;
  /** Seconds until it is asked again. */
  readonly waits: number;
  /** Seconds, in which that is seen. */
  readonly lasts: number;
  /** Whether clean-up is given up: somebody has to mend something. Default false. */
  readonly isLasting?: true;
}

function answered(
  status: number,
  headers: Readonly<Record<string, string>> = {},
): NonNullable<Answers["http"]> {
  return async () => ({ status, headers, body: Buffer.from("{}") });
}

function told(fault: ProviderFault): NonNullable<Answers["dns"]> {
  return async (_, service, own) => {
    service.fail(fault);
    return await own();
  };
}

const refusal = "connection refused";

async function unreached(): Promise<never> {
  throw new OutboundError("unreachable", refusal);
}

async function silent(sleep: Sleep): Promise<never> {
  await sleep(Temporal.Duration.from({ seconds: 30 }));
  throw new OutboundError("timeout", "it does not answer in time");
}

const garbage = Buffer.from([0xff, 0xfe, 0x3c, 0x00, 0x7b]);

export const faults: Readonly<Record<string, Fault>> = {
  "cannot be reached": {
    ...{ http: unreached, api: unreached, says: /connection refused/, waits: 10, lasts: 25 },
    dns: async () => {
      throw new NetworkError("refused", refusal);
    },
  },
  "is down": {
    ...{ http: answered(503), dns: told("outage"), api: async () => ({ status: 503, body: {} }) },
    ...{ says: /503|the server failed|did not succeed/, waits: 10, lasts: 25 },
  },
  "wants to be left alone for two minutes": {
    http: answered(429, { "retry-after": "120" }),
    ...{ says: /429/, waits: 120, lasts: 130 },
  },
  "does not let us in": {
    ...{ http: answered(403), dns: told("denied"), api: async () => ({ status: 403, body: {} }) },
    ...{ says: /403|refuses the update|does not let us in/, waits: 60, lasts: 65 },
    isLasting: true,
  },
  "does not answer": {
    ...{ http: silent, api: silent, says: /does not answer/, waits: 10, lasts: 95 },
    dns: (signal) =>
      new Promise((_, reject) => {
        const end = (): void => reject(new NetworkError("aborted", "given up"));
        signal.addEventListener("abort", end, { once: true });
      }),
  },
  "answers what makes no sense": {
    http: async () => ({ status: 200, headers: {}, body: garbage }),
    ...{ dns: async () => garbage, api: async () => ({ status: 200, body: "what?" }) },
    ...{ says: /./, waits: 10, lasts: 25 },
  },
  "answers without end": {
    http: async () => {
      throw new OutboundError("too-large", "it answers with more than 1048576 bytes");
    },
    ...{ says: /more than/, waits: 10, lasts: 25 },
  },
};

type Way = keyof Answers;

/** How a service is asked; undefined: a person is. */
function wayOf({ obey, transport, context }: ProviderUnderTest): Way | undefined {
  if (obey !== undefined) return undefined;
  if (transport !== undefined) return "dns";
  return context.apiServices === undefined ? "http" : "api";
}

/** Whether a service can fail so. */
export function isPossible(fault: Fault, service: ProviderUnderTest): boolean {
  const way = wayOf(service);
  return way !== undefined && fault[way] !== undefined;
}

export interface FaultyWaysOptions {
  readonly fault: Fault;
  /** Whether it fails now. */
  readonly isFaulty: () => boolean;
  readonly sleep: Sleep;
  /** Runs what really asks, so that a test knows when it is under way. */
  readonly within: <T>(run: () => Promise<T>) => Promise<T>;
  /** Where DNS is asked that is not the provider's. */
  readonly elsewhere: DnsTransport;
}

export interface FaultyWays {
  readonly outbound: OutboundDoor;
  readonly transport: DnsTransport;
  readonly apiServices?: ApiServices;
}

/** The ways to a service, with a fault before it. */
export function faultyWays(
  service: ProviderUnderTest,
  { fault, isFaulty, sleep, within, elsewhere }: FaultyWaysOptions,
): FaultyWays {
  const { transport, context } = service;
  const { outbound, apiServices } = context;
  const { http, dns, api } = fault;
  return {
    outbound: {
      ...outbound,
      request: async (request, signal) =>
        isFaulty() && http !== undefined
          ? await http(sleep)
          : await within(() => outbound.request(request, signal)),
    },
    transport: {
      resolvers: elsewhere.resolvers,
      ask: async (server, message, signal) => {
        const isElsewhere = elsewhere.resolvers().some(({ address }) => address === server.address);
        if (isElsewhere || transport === undefined)
          return await elsewhere.ask(server, message, signal);
        const own = (): Promise<Uint8Array> => transport.ask(server, message, signal);
        return isFaulty() && dns !== undefined ? await dns(signal, service, own) : await own();
      },
    },
    ...(apiServices && {
      apiServices: {
        post: async (group, path, body, signal) =>
          isFaulty() && api !== undefined
            ? await api(sleep)
            : await apiServices.post(group, path, body, signal),
      },
    }),
  };
}
