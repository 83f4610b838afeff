/** The object store that a Kubernetes API server is: every read asks it, every write names what it replaces. */

import { isJsonObject, type Json, type JsonObject } from "#base/json.ts";
import { type KindId, type KubeObject, kindId, type ObjectKey } from "#kinds/object.ts";
import type { Clock } from "#runtime/clock.ts";
import type { HttpClients } from "#runtime/http/http-client.ts";
import type { Random } from "#runtime/random.ts";
import type { Log } from "#runtime/telemetry/log.ts";
import { errorText, logFields } from "#runtime/telemetry/log-fields.ts";
import { checkApplicable, checkDraft } from "../draft-check.ts";
import { type Draft, type ObjectStore, StoreError } from "../object-store.ts";
import type { ClusterAccess } from "./access/cluster-access.ts";
import { type ApiRequest, ApiServer } from "./api-server.ts";
import {
  type ApiResource,
  type Collection,
  collectionPath,
  objectPath,
  wireTypeOf,
} from "./collection.ts";
import { ListWatch, type ListWatchStep } from "./list-watch.ts";
import type { Pacing } from "./pacer.ts";
import { readScope, type Scope, scopeOf, watchScope } from "./scope.ts";
import { decodeObject, encodeDraft, replaceContent } from "./wire-object.ts";

export interface KubernetesStoreDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly http: HttpClients;
  readonly log: Log;
}

export interface KubernetesStoreSettings {
  readonly access: ClusterAccess;
  /** The kinds that can be asked for. */
  readonly resources: readonly ApiResource[];
  /** Namespaces whose objects lists and watches show; cluster-scoped kinds are shown whatever it says. Default `all`. */
  readonly namespaces?: "all" | readonly string[];
  /** Under which name fields are applied. Default `sekisho`. */
  readonly fieldManager?: string;
  readonly pacing?: Pacing;
}

export interface KubernetesStore extends ObjectStore {
  /** Everything in a collection, then every change of it; see {@link ListWatch.steps}. */
  readonly listWatch: (collection: Collection, signal: AbortSignal) => AsyncIterable<ListWatchStep>;
  /** One request of any kind; throws StoreError. */
  readonly call: (request: ApiRequest, signal?: AbortSignal) => Promise<Json>;
  /** Ends everything that is under way. */
  readonly close: () => void;
}

const defaultManager = "sekisho";

/** Asks nothing yet. */
export function createKubernetesStore(
  deps: KubernetesStoreDeps,
  settings: KubernetesStoreSettings,
): KubernetesStore {
  const api = new ApiServer(deps, settings);
  const interrupted = ({ resource }: Collection, error: StoreError): void =>
    deps.log.warn("a watch was interrupted and is taken up again", {
      [logFields.kind]: resource.id,
      [logFields.error]: errorText(error),
    });
  const followDeps = { ...deps, api, interrupted };
  const listWatch = new ListWatch(followDeps);
  const scope = scopeOf(settings.resources, settings.namespaces ?? "all");
  return {
    ...createWrites(api, scope, settings.fieldManager ?? defaultManager),
    get: (key) => readObject(api, scope, key),
    list: (kind, namespace) => readScope(api, scope, kind, namespace),
    watch: (from, signal) => watchScope(followDeps, scope, from, signal),
    listWatch: (collection, signal) => listWatch.steps(collection, signal),
    call: (request, signal) => api.call(request, signal),
    close: () => api.close(),
  };
}

async function readObject(
  api: ApiServer,
  scope: Scope,
  key: ObjectKey,
): Promise<KubeObject | undefined> {
  const resource = scope.resource(key.kind);
  try {
    const { priority = "normal" } = resource;
    const wire = await api.call({ method: "GET", path: objectPath(resource, key), priority });
    return decodeObject(wire, wireTypeOf(resource));
  } catch (error) {
    if (error instanceof StoreError && error.code === "not-found") return undefined;
    throw error;
  }
}

type Writes = Pick<ObjectStore, "create" | "replace" | "apply" | "replaceStatus" | "remove">;

function createWrites(api: ApiServer, scope: Scope, manager: string): Writes {
  const query = `?fieldManager=${encodeURIComponent(manager)}`;
  const send = async (kind: KindId, request: ApiRequest): Promise<KubeObject> => {
    const resource = scope.resource(kind);
    const priority = resource.priority ?? "normal";
    return decodeObject(await api.call({ priority, ...request }), wireTypeOf(resource));
  };
  return {
    create: async (draft) => {
      const { kind, namespace } = checkedKey(draft);
      const resource = scope.resource(kind);
      const path = collectionPath(resource.namespaced ? { resource, namespace } : { resource });
      return await send(kind, {
        method: "POST",
        path: `${path}${query}`,
        body: encodeDraft(draft),
      });
    },
    replace: async (key, draft, resourceVersion) => {
      checkedKey(draft);
      const path = objectPath(scope.resource(key.kind), key);
      const current = await api.call({ method: "GET", path });
      checkVersion(key, current, resourceVersion);
      const body = replaceContent(current as JsonObject, draft);
      return await send(key.kind, { method: "PUT", path: `${path}${query}`, body });
    },
    apply: async (draft) => {
      const key = checkedKey(draft);
      checkApplicable(draft);
      const path = objectPath(scope.resource(key.kind), key);
      return await send(key.kind, {
        method: "PATCH",
        path: `${path}${query}&force=true`,
        contentType: "application/apply-patch+yaml",
        body: encodeDraft(draft),
      });
    },
    replaceStatus: async (key, status, resourceVersion) => {
      const path = objectPath(scope.resource(key.kind), key);
      // The server takes a version in a patch as the one that must be current.
      const version = { op: "replace", path: "/metadata/resourceVersion", value: resourceVersion };
      return await send(key.kind, {
        method: "PATCH",
        path: `${path}/status${query}`,
        contentType: "application/json-patch+json",
        body: [
          { op: "add", path: "/status", value: status },
          ...(resourceVersion === undefined ? [] : [version]),
        ],
        priority: "background",
      });
    },
    remove: async (key, preconditions) => {
      const path = objectPath(scope.resource(key.kind), key);
      const body = {
        apiVersion: "v1",
        kind: "DeleteOptions",
        propagationPolicy: "Background",
        ...(preconditions === undefined ? {} : { preconditions: { ...preconditions } }),
      };
      await api.call({ method: "DELETE", path, body });
    },
  };
}

function checkedKey(draft: Draft): ObjectKey {
  checkDraft(draft);
  const { namespace, name } = draft.metadata;
  return { kind: kindId(draft.apiVersion, draft.kind), namespace, name };
}

function checkVersion({ kind, name }: ObjectKey, current: Json, wanted: string): void {
  const metadata = isJsonObject(current) ? (current as JsonObject)["metadata"] : undefined;
  const found = isJsonObject(metadata) ? (metadata as JsonObject)["resourceVersion"] : undefined;
  if (found === wanted) return;
  throw new StoreError("conflict", `${kind} ${name} has changed since it was read; read it again`);
}
