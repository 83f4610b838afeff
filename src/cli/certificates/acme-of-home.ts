/** ACME servers as a command asks them: by the issuers and accounts of a running gate or a cluster, through the door of its settings. */

import { type Acme, createAcme } from "#certificates/acme/acme.ts";
import { createOutboundDoor } from "#certificates/outbound/real-outbound-door.ts";
import type { Settings } from "#config/settings.ts";
import type { CommandContext } from "../command-context.ts";
import type { ObjectHome } from "../objects/object-home.ts";
import { version } from "../version.ts";

/** To be closed; nothing is asked before it is needed, and no Order is brought on. */
export async function openAcme(
  context: CommandContext,
  { store }: ObjectHome,
  settings: Pick<Settings, "outboundAddresses" | "clusterResourceNamespace">,
): Promise<{ readonly acme: Acme; readonly close: () => void }> {
  const { clock, random, clients, lookup } = context;
  const rules = { allowed: settings.outboundAddresses, apiServers: () => [] };
  const door = createOutboundDoor({ clock, clients, names: lookup, rules });
  const acme = createAcme({
    ...{ clock, random, store, door, userAgent: `sekisho/${version}`, solvers: [] },
    metrics: await context.createMetrics(),
    log: await context.createLog({ level: "error" }),
    clusterResourceNamespace: settings.clusterResourceNamespace,
    tell: async () => undefined,
  });
  return { acme, close: () => door.close() };
}
