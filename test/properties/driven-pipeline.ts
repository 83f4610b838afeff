/** The real pipeline without an Envoy, with bugs rethrown and a DNS of its own, for properties. */

import { secretReaders } from "#certificates/secret-readers.ts";
import { chainLayout } from "#envoy/listeners/chain-layout.ts";
import { onDemandLayout } from "#envoy/listeners/on-demand-layout.ts";
import type { ListenerSettings } from "#envoy/listeners/settings.ts";
import type { KubeObject, ObjectKey } from "#kinds/object.ts";
import { Pipeline, realSteps } from "../../src/pipeline.ts";

const listeners: ListenerSettings = {
  address: "127.0.0.1",
  accessLog: [],
  trustedProxies: [],
  proxyProtocol: false,
  allowedClients: [],
};

export const layouts = { chains: chainLayout, "on-demand": onDemandLayout } as const;
export type LayoutName = keyof typeof layouts;

/** What DNS names lead to; an absent name leads nowhere. */
export type Dns = ReadonlyMap<string, readonly string[]>;

export interface DrivenPipeline {
  readonly pipeline: Pipeline;
  readonly set: (objects: Iterable<KubeObject>) => void;
  readonly delete: (key: ObjectKey) => void;
  /** Computes everything, and again with the answers to the names asked for on the way. */
  readonly flush: () => void;
  /** From now on DNS says this; names in use hear of it. */
  readonly resolve: (dns: Dns) => void;
  readonly namesInUse: ReadonlySet<string>;
  /** The resources that were built since the last call, changed or not: `listener https`. */
  readonly takeBuilt: () => readonly string[];
  /** Everything that proxies and people are told, as one text. */
  readonly outcome: () => string;
}

export function createPipeline(
  layout: LayoutName = "chains",
  first: Dns = new Map(),
): DrivenPipeline {
  const namesInUse = new Set<string>();
  const asked = new Set<string>();
  let built: string[] = [];
  let dns = first;
  const pipeline = new Pipeline({
    steps: {
      ...realSteps({ servedClasses: "all" }, secretReaders),
      amend: (resource) => {
        built.push(`${resource.type} ${resource.name}`);
        return resource;
      },
    },
    layout: layouts[layout](listeners, { http: 80, https: 443 }),
    namesInUse: {
      added: (name) => {
        namesInUse.add(name);
        asked.add(name);
      },
      removed: (name) => namesInUse.delete(name),
    },
    onBug: (error) => {
      throw error;
    },
  });
  const answer = (names: Iterable<string>): void => {
    for (const name of names) pipeline.setAddresses(name, dns.get(name) ?? []);
  };
  const flush = (): void => {
    do {
      answer(asked);
      asked.clear();
      pipeline.flush();
    } while (asked.size > 0);
  };
  flush();
  return {
    pipeline,
    set: (objects) => {
      for (const object of objects) pipeline.set(object);
    },
    delete: (key) => pipeline.delete(key),
    flush,
    resolve: (now) => {
      dns = now;
      answer(namesInUse);
    },
    namesInUse,
    takeBuilt: () => {
      const taken = built;
      built = [];
      return taken;
    },
    outcome: () => outcomeOf(pipeline),
  };
}

function outcomeOf(pipeline: Pipeline): string {
  const resources = pipeline
    .resources()
    .map(({ type, name, bytes }) => `${type} ${name} ${Buffer.from(bytes).toString("base64")}`);
  return [...resources, JSON.stringify(pipeline.findings())].join("\n");
}

/** A pipeline that was never anything else. */
export function rebuild(
  objects: Iterable<KubeObject>,
  layout: LayoutName = "chains",
  dns: Dns = new Map(),
): DrivenPipeline {
  const driven = createPipeline(layout, dns);
  driven.set(objects);
  driven.flush();
  return driven;
}
