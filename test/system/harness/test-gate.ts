/** The real pipeline before a real Envoy, with objects set directly: for tests that judge answers. */

import { secretReaders } from "#certificates/secret-readers.ts";
import type { DialectSettings } from "#dialects/dialect.ts";
import { chainLayout } from "#envoy/listeners/chain-layout.ts";
import type { ListenerLayout, ListenerPorts } from "#envoy/listeners/layout.ts";
import { onDemandLayout } from "#envoy/listeners/on-demand-layout.ts";
import type { ListenerSettings } from "#envoy/listeners/settings.ts";
import type { TicketKeys } from "#envoy/secret-source.ts";
import { formatKey, type KubeObject, keyOf, parseKey } from "#kinds/object.ts";
import { Pipeline, realSteps, type Steps } from "../../../src/pipeline.ts";
import { freePorts, startEnvoy } from "./real-envoy.ts";

export interface TestGateSettings {
  readonly dialects?: DialectSettings;
  /** Default: a filter chain for each certificate group. */
  readonly certificates?: "chains" | "on-demand";
  readonly listeners?: Partial<ListenerSettings>;
  /** What a DNS name leads to. Default: nothing. */
  readonly resolve?: (name: string) => readonly string[];
  /** Default: no. */
  readonly routeStatistics?: boolean;
  /** What session tickets are sealed with. Default: Envoy's own. */
  readonly ticketKeys?: TicketKeys;
  /** Whether the authorization adapter runs beside Envoy. Default: no. */
  readonly adapter?: boolean;
  /** Breaks the translation on purpose. */
  readonly steps?: (real: Steps) => Steps;
  /** Breaks the listeners on purpose. */
  readonly layout?: (real: ListenerLayout) => ListenerLayout;
}

export interface TestGate extends AsyncDisposable {
  readonly http: number;
  readonly https: number;
  readonly pipeline: Pipeline;
  /** Body of a GET to Envoy's administration interface. */
  readonly admin: (path: string) => Promise<string>;
  /** Puts keys of session tickets in the place of those before, and waits until Envoy has them. */
  readonly setTicketKeys: (keys: TicketKeys) => Promise<readonly string[]>;
  /** Makes `objects` the whole world and waits until Envoy has it; returns what Envoy refused. */
  readonly apply: (objects: readonly KubeObject[]) => Promise<readonly string[]>;
}

export async function startTestGate(settings: TestGateSettings = {}): Promise<TestGate> {
  const ports = await freePorts("http", "https");
  const asked: string[] = [];
  const pipeline = createTestPipeline(settings, ports, (name) => asked.push(name));
  pipeline.flush();
  const first = pipeline.takeChange();
  const envoy = await startEnvoy(first.set, (name) => pipeline.secretForServerName(name), {
    routeStatistics: settings.routeStatistics ?? false,
    adapter: settings.adapter ?? false,
  });
  const known = new Set<string>();
  const apply = async (objects: readonly KubeObject[]): Promise<readonly string[]> => {
    const wanted = new Set(objects.map((object) => formatKey(keyOf(object))));
    for (const key of known) if (!wanted.has(key)) pipeline.delete(parseKey(key));
    known.clear();
    for (const key of wanted) known.add(key);
    for (const object of objects) pipeline.set(object);
    pipeline.flush();
    for (const name of asked.splice(0)) pipeline.setAddresses(name, settings.resolve?.(name) ?? []);
    pipeline.flush();
    const { set, removed } = pipeline.takeChange();
    // Before the wait: it is over when the secrets found anew were taken too.
    envoy.xds.refreshSecrets();
    return await envoy.change(set, removed);
  };
  return {
    ...ports,
    pipeline,
    setTicketKeys: async (keys) => {
      pipeline.setTicketKeys(keys);
      pipeline.flush();
      const { set, removed } = pipeline.takeChange();
      return await envoy.change(set, removed);
    },
    apply,
    admin: envoy.admin,
    [Symbol.asyncDispose]: () => envoy[Symbol.asyncDispose](),
  };
}

/** The pipeline as the gate has it, with bugs rethrown. */
export function createTestPipeline(
  settings: TestGateSettings,
  ports: ListenerPorts,
  nameAdded: (name: string) => void = () => undefined,
): Pipeline {
  const real = realSteps(settings.dialects ?? { servedClasses: "all" }, secretReaders);
  return new Pipeline({
    steps: settings.steps?.(real) ?? real,
    layout: layoutOf(settings, ports),
    routeStatistics: settings.routeStatistics ?? false,
    ...(settings.ticketKeys === undefined ? {} : { ticketKeys: settings.ticketKeys }),
    namesInUse: { added: nameAdded, removed: () => undefined },
    onBug: (error) => {
      throw error;
    },
  });
}

function layoutOf(settings: TestGateSettings, ports: ListenerPorts): ListenerLayout {
  const listeners: ListenerSettings = {
    address: "127.0.0.1",
    accessLog: [],
    trustedProxies: [],
    proxyProtocol: false,
    allowedClients: [],
    sharesTickets: settings.ticketKeys !== undefined,
    ...settings.listeners,
  };
  const make = settings.certificates === "on-demand" ? onDemandLayout : chainLayout;
  const real = make(listeners, ports);
  return settings.layout?.(real) ?? real;
}
