/** An object store in another process of this machine, asked over its local socket. */

import type { Json } from "#base/json.ts";
import { type LocalSocket, LocalSocketError } from "#runtime/network/local-socket.ts";
import { type ObjectStore, StoreError, type StoreErrorCode } from "#store/object-store.ts";
import type { StoreInputs, StoreOutputs } from "./store-calls.ts";

const storeErrorCodes: readonly string[] = [
  "not-found",
  "exists",
  "conflict",
  "expired",
  "read-only",
  "invalid",
  "denied",
  "locked",
  "unavailable",
] satisfies readonly StoreErrorCode[];

/** The store of the gate that answers on the socket `path`. */
export function createRemoteStore(socket: LocalSocket, path: string): ObjectStore {
  const call = async <M extends Exclude<keyof StoreInputs, "watch">>(
    method: M,
    input: StoreInputs[M],
  ): Promise<StoreOutputs[M]> => {
    try {
      return (await socket.call(
        path,
        `store.${method}`,
        input as unknown as Json,
      )) as unknown as StoreOutputs[M];
    } catch (error) {
      throw asStoreError(error);
    }
  };
  return {
    get: async (key) => (await call("get", { key })) ?? undefined,
    list: (kind, namespace) =>
      call("list", { kind, ...(namespace === undefined ? {} : { namespace }) }),
    watch: (from, signal) =>
      socket.stream(
        path,
        "store.watch",
        { from },
        signal,
      ) as AsyncIterable<unknown> as AsyncIterable<StoreOutputs["watch"]>,
    create: (draft) => call("create", { draft }),
    replace: (key, draft, resourceVersion) => call("replace", { key, draft, resourceVersion }),
    apply: (draft) => call("apply", { draft }),
    replaceStatus: (key, status, resourceVersion) =>
      call("replaceStatus", {
        key,
        status,
        ...(resourceVersion === undefined ? {} : { resourceVersion }),
      }),
    remove: async (key, preconditions) => {
      await call("remove", { key, ...preconditions });
    },
  };
}

function asStoreError(error: unknown): unknown {
  if (!(error instanceof LocalSocketError)) return error;
  const code = error.code.replace(/^store\./, "");
  if (storeErrorCodes.includes(code))
    return new StoreError(code as StoreErrorCode, error.message, { cause: error });
  return new StoreError("unavailable", error.message, { cause: error });
}
