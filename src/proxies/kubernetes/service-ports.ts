/**
 * The Service before the proxies has an entry for each port that objects ask for: whoever reaches the proxies through it
 * finds them there. Entries that others made stay as they are, also where one of ours would stand.
 */

import { type Service, serviceKind } from "#kinds/service.ts";
import type { ObjectStore } from "#store/object-store.ts";

export interface WantedPort {
  readonly protocol: "TCP" | "UDP";
  readonly port: number;
  /** Where proxies listen. */
  readonly targetPort: number;
}

interface ServicePlace {
  readonly namespace: string;
  readonly name: string;
}

type Entry = NonNullable<NonNullable<Service["spec"]>["ports"]>[number];

/** How the names of our entries begin: an entry of another name is somebody else's. */
const ourPrefix = "sekisho-";

/** Writes when there is something to write; without a Service there is nothing to do. */
export async function keepServicePorts(
  store: Pick<ObjectStore, "apply">,
  { namespace, name }: ServicePlace,
  service: Service | undefined,
  wanted: readonly WantedPort[],
): Promise<void> {
  if (service === undefined) return;
  const entries = service.spec?.ports ?? [];
  const ours = entries.filter(isOurs);
  const others = new Set(entries.filter((entry) => !isOurs(entry)).map(placeOf));
  const due = wanted.filter((port) => !others.has(placeOf(port))).map(entryOf);
  if (textOf(ours) === textOf(due)) return;
  await store.apply({
    apiVersion: serviceKind.version,
    kind: serviceKind.kind,
    metadata: { namespace, name },
    // What we applied before and leave out now goes.
    body: due.length === 0 ? {} : { spec: { ports: due.map((entry) => ({ ...entry })) } },
  });
}

function isOurs({ name = "" }: Entry): boolean {
  return name.startsWith(ourPrefix);
}

function entryOf({
  protocol,
  port,
  targetPort,
}: WantedPort): Entry & WantedPort & { name: string } {
  return { name: `${ourPrefix}${protocol.toLowerCase()}-${port}`, protocol, port, targetPort };
}

function placeOf({ protocol = "TCP", port }: Pick<Entry, "protocol" | "port">): string {
  return `${protocol} ${port}`;
}

function textOf(entries: readonly Entry[]): string {
  const texts = entries.map((entry) => `${placeOf(entry)} ${entry.targetPort ?? entry.port}`);
  return texts.toSorted().join(", ");
}
