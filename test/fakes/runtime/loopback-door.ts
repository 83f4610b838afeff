/** The real outbound door with this machine as an exception: for fakes of what is outside. */

import type { TestContext } from "node:test";
import type { OutboundDoor } from "#certificates/outbound/outbound-door.ts";
import { createOutboundDoor } from "#certificates/outbound/real-outbound-door.ts";
import { createHttpClients } from "#runtime/http/real-http-client.ts";
import { createNameLookup } from "#runtime/network/real-name-lookup.ts";
import { createClock } from "#runtime/real-clock.ts";

export function loopbackDoor(context: TestContext): OutboundDoor {
  const door = createOutboundDoor({
    clock: createClock(),
    clients: createHttpClients(),
    names: createNameLookup(),
    rules: { allowed: ["127.0.0.0/8", "::1"], apiServers: () => [] },
  });
  context.after(() => door.close());
  return door;
}
