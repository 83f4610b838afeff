/** What a DNS provider gets, with everything real but the clock's start and what a test replaces. */

import { SecretBytes } from "#base/secret-bytes.ts";
import { DnsClient } from "#certificates/dns/dns-client.ts";
import {
  DnsProviderError,
  type ProviderContext,
} from "#certificates/dns-providers/dns-provider.ts";
import type { OutboundDoor } from "#certificates/outbound/outbound-door.ts";
import { createOutboundDoor } from "#certificates/outbound/real-outbound-door.ts";
import { createHttpClients } from "#runtime/http/real-http-client.ts";
import type { DnsTransport } from "#runtime/network/dns-transport.ts";
import { createNameLookup } from "#runtime/network/real-name-lookup.ts";
import { createClock } from "#runtime/real-clock.ts";
import { createRandom } from "#runtime/real-random.ts";
import { createFakeDnsTransport } from "./fake-dns-transport.ts";

export interface ContextOptions {
  /** `SECRET/KEY` → value. */
  readonly secrets?: Readonly<Record<string, string>>;
  readonly variables?: Readonly<Record<string, string>>;
  readonly transport?: DnsTransport;
  readonly over?: Partial<ProviderContext>;
}

export interface TestContextOfProvider extends Disposable {
  readonly context: ProviderContext;
  readonly outbound: OutboundDoor;
}

/** Makes it; loopback may be reached. */
export function providerContext(options: ContextOptions = {}): TestContextOfProvider {
  const { secrets = {}, variables = {}, over = {} } = options;
  const clock = createClock();
  const outbound = createOutboundDoor({
    ...{ clock, clients: createHttpClients(), names: createNameLookup() },
    rules: { allowed: ["127.0.0.1"], apiServers: () => [] },
  });
  const random = createRandom();
  const transport = options.transport ?? createFakeDnsTransport({});
  const context: ProviderContext = {
    ...{ clock, random, outbound, variables },
    dns: new DnsClient({ clock, random, outbound, transport }),
    secretOf: ({ name, key = "" }) => {
      const value = secrets[`${name}/${key}`];
      return value === undefined
        ? Promise.reject(new DnsProviderError("credentials", `Secret ${name} has no ${key}`))
        : Promise.resolve(new SecretBytes(Buffer.from(value)));
    },
    credentialsNamespace: "cert-manager",
    zoneOf: (name) => Promise.resolve(name.split(".").slice(-2).join(".")),
    ...over,
  };
  return { context, outbound, [Symbol.dispose]: () => outbound.close() };
}
