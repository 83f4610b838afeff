/** What the contract of object stores writes and looks at. */

import assert from "node:assert/strict";
import type { Json } from "#base/json.ts";
import type { ObjectKey } from "#kinds/object.ts";
import {
  type Draft,
  type ObjectStore,
  StoreError,
  type StoreErrorCode,
  type WatchEvent,
  type WatchPoint,
  type WatchPoints,
} from "./object-store.ts";

export interface StoreUnderTest {
  readonly store: ObjectStore;
  /** Two namespaces of this test alone, in order: the store shows what is in them and nothing else. */
  readonly namespaces: readonly [string, string];
  /** A point of some kind that the store knows no more. */
  readonly forgotten: WatchPoints;
  /** Makes everything written so far visible, where reads may lag. */
  readonly settle: () => Promise<void>;
  readonly close: () => Promise<void>;
}

export type Register = (
  sentence: string,
  check: (under: StoreUnderTest & Names) => Promise<void>,
) => void;

export const configMap = "ConfigMap";
export const ingress = "Ingress.networking.k8s.io";

type More = Partial<Draft["metadata"]>;

/** Drafts and keys in the first namespace of a test. */
export interface Names {
  /** An Ingress: a kind with spec, generation and status, which no other program touches. */
  readonly ingress: (name: string, host?: string, more?: More) => Draft;
  /** A ConfigMap: plain data. */
  readonly data: (name: string, data: Readonly<Record<string, string>>, more?: More) => Draft;
  readonly key: (name: string, kind?: string) => ObjectKey;
}

/** Names and drafts in `namespace`. */
export function namesIn(namespace: string): Names {
  return {
    ingress: (name, host = "a.example", more = {}) => ({
      apiVersion: "networking.k8s.io/v1",
      kind: "Ingress",
      metadata: { name, namespace, ...more },
      body: { spec: { rules: [{ host }] } },
    }),
    data: (name, data, more = {}) => ({
      apiVersion: "v1",
      kind: configMap,
      metadata: { name, namespace, ...more },
      body: { data },
    }),
    key: (name, kind = ingress) => ({ kind, namespace, name }),
  };
}

export const addresses = (...ips: readonly string[]): Json => ({
  loadBalancer: { ingress: ips.map((ip) => ({ ip })) },
});

/** Passes when `act` throws a StoreError of this code. */
export async function rejectsWith(
  code: StoreErrorCode,
  act: () => Promise<unknown>,
): Promise<void> {
  await assert.rejects(act, (error) => error instanceof StoreError && error.code === code);
}

/** The events about Ingresses after a point, as texts: so many, or until one is wanted. */
export async function collect(
  store: ObjectStore,
  from: WatchPoint,
  until: number | ((event: string) => boolean),
): Promise<readonly string[]> {
  const events = await collectAll(store, { [ingress]: from }, (seen) =>
    typeof until === "number"
      ? seen.length >= until
      : seen.some((event) => until(describeEvent(event))),
  );
  return events.map(describeEvent);
}

/** As {@link collect}, of several kinds and whole. */
export async function collectAll(
  store: ObjectStore,
  from: WatchPoints,
  isEnough: (seen: readonly WatchEvent[]) => boolean,
): Promise<readonly WatchEvent[]> {
  const stop = new AbortController();
  const seen: WatchEvent[] = [];
  for await (const { events } of store.watch(from, stop.signal)) {
    seen.push(...events);
    if (isEnough(seen)) break;
  }
  stop.abort();
  return seen;
}

/** `set a a.example`: kind, name and first host. */
export function describeEvent({ kind, object }: WatchEvent): string {
  const { spec } = object.body as { readonly spec?: { readonly rules: readonly Rule[] } };
  return `${kind} ${object.metadata.name} ${spec?.rules[0]?.host}`;
}

interface Rule {
  readonly host: string;
}
