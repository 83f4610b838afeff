/** What manifests mean for requests, without who said it: the merged model of all of them. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { loadAll } from "js-yaml";
import type { JsonObject } from "#base/json.ts";
import { secretName } from "#model/fragment.ts";
import { storedObject } from "#test/documents/stored-object.ts";
import { createTestPipeline } from "#test/system/harness/test-gate.ts";

/** Hosts with their routes in order, and the Secrets of server names. */
export interface CanonicalModel {
  readonly hosts: readonly { readonly host: string; readonly routes: readonly PlainRoute[] }[];
  readonly certificates: readonly { readonly serverName: string; readonly secret: string }[];
}

type PlainRoute = Readonly<Record<string, unknown>>;

/** Field of an action → what the dialect writes there where nothing is said; `backend` holds those of backends. */
export type Defaults = Readonly<Record<string, unknown>>;

/** The model of the manifests in a file. */
export function modelOf(file: string): CanonicalModel {
  const pipeline = createTestPipeline({}, { http: 80, https: 443 });
  const manifests = loadAll(readFileSync(file, "utf8")) as readonly JsonObject[];
  for (const manifest of manifests) pipeline.set(storedObject(manifest));
  pipeline.flush();
  const { gateway } = pipeline;
  const hosts = gateway.claimedHosts().map((host) => ({
    host,
    routes: gateway.virtualHost(host).routes.map(({ origin: _, ...route }) => ({ ...route })),
  }));
  const certificates = gateway.serverNames().map((serverName) => {
    const choice = gateway.certificateOf(serverName);
    return { serverName, secret: choice === undefined ? "" : secretName(choice.use.secret) };
  });
  return { hosts, certificates };
}

/** What the one forward of a plain file says beyond where it goes. */
export function defaultsOf(file: string): Defaults {
  const { hosts } = modelOf(file);
  const [route] = hosts.flatMap((host) => host.routes);
  const { kind, backend, ...action } = (route?.["action"] ?? {}) as Record<string, unknown>;
  assert.equal(kind, "forward", file);
  const { namespace: _, service: __, port: ___, ...rest } = backend as Record<string, unknown>;
  return { ...action, backend: rest };
}

/** The model without what `defaults` says anyhow. */
export function withoutDefaults(model: CanonicalModel, defaults: Defaults = {}): CanonicalModel {
  const { backend: ofBackend, ...ofAction } = defaults;
  const strip = (route: PlainRoute): PlainRoute => {
    const action = route["action"] as Record<string, unknown>;
    const backend = action["backend"];
    const kept = without(action, ofAction);
    return {
      ...route,
      action:
        backend === undefined
          ? kept
          : { ...kept, backend: without(backend as object, (ofBackend ?? {}) as object) },
    };
  };
  const hosts = model.hosts.map(({ host, routes }) => ({ host, routes: routes.map(strip) }));
  return { ...model, hosts };
}

function without(record: object, defaults: object): object {
  const known: ReadonlyMap<string, unknown> = new Map(Object.entries(defaults));
  return Object.fromEntries(
    Object.entries(record).filter(
      ([name, value]) => !known.has(name) || !isDeepStrictEqual(value, known.get(name)),
    ),
  );
}
