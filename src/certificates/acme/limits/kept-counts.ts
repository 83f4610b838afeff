/**
 * The counts of what ACME servers allow, one Secret a server: kept in the store, as rights to Secrets are there anyway, so that a
 * restart does not begin anew.
 */

import { contentHash } from "#base/content-hash.ts";
import { isJsonObject, type Json, type JsonObject } from "#base/json.ts";
import { read } from "#kinds/kind.ts";
import type { KubeObject, ObjectKey } from "#kinds/object.ts";
import { secretKind, secretValue } from "#kinds/secret.ts";
import { StoreError } from "#store/object-store.ts";
import type { AcmeDeps } from "../acme-deps.ts";
import { parseJson } from "../client/json-text.ts";

/** Name of a bucket → when it is full again. `blocked ACCOUNT`: until when the server wants to hear nothing. */
export type Counts = Readonly<Record<string, number>>;

export type KeptCountsDeps = Pick<AcmeDeps, "store" | "clock" | "clusterResourceNamespace">;

/** What the names of these Secrets begin with. */
export const limitsPrefix = "sekisho-acme-limits-";

/** Conflicts are with other orders of the same moment. */
const maxTries = 20;

export class KeptCounts {
  readonly #deps: KeptCountsDeps;

  constructor(deps: KeptCountsDeps) {
    this.#deps = deps;
  }

  /** Those of a server as they are now. */
  async read(directory: string): Promise<{ readonly counts: Counts; readonly nowMs: number }> {
    const counts = countsIn(await this.#deps.store.get(this.#key(directory)));
    return { counts, nowMs: this.#deps.clock.now().epochMilliseconds };
  }

  /** Changes the counts in place of those that were read, as often as somebody else was faster. */
  async change(
    directory: string,
    change: (counts: Counts, nowMs: number) => Counts | undefined,
  ): Promise<void> {
    const key = this.#key(directory);
    for (let tries = 1; ; tries++) {
      const there = await this.#deps.store.get(key);
      const nowMs = this.#deps.clock.now().epochMilliseconds;
      const before = countsIn(there);
      const counts = change(before, nowMs);
      if (counts === undefined || counts === before) return;
      try {
        return await this.#write(key, { there, directory, counts: living(counts, nowMs) });
      } catch (error) {
        const isRace =
          error instanceof StoreError && (error.code === "conflict" || error.code === "exists");
        if (!isRace || tries === maxTries) throw error;
      }
    }
  }

  async #write(
    key: ObjectKey,
    next: {
      readonly there: KubeObject | undefined;
      readonly directory: string;
      readonly counts: Counts;
    },
  ): Promise<void> {
    const { there, directory, counts } = next;
    const { namespace, name } = key;
    const draft = {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { namespace, name, labels: { "app.kubernetes.io/managed-by": "sekisho" } },
      body: {
        type: "Opaque",
        data: { directory: encoded(directory), counts: encoded(JSON.stringify(counts)) },
      },
    };
    if (there === undefined) await this.#deps.store.create(draft);
    else await this.#deps.store.replace(key, draft, there.metadata.resourceVersion);
  }

  #key(directory: string): ObjectKey {
    const name = `${limitsPrefix}${contentHash(directory).slice(0, 10)}`;
    return { kind: secretKind.id, namespace: this.#deps.clusterResourceNamespace, name };
  }
}

/** A bucket that is full again needs no count. */
function living(counts: Counts, nowMs: number): Counts {
  return Object.fromEntries(Object.entries(counts).filter(([, fullAtMs]) => fullAtMs > nowMs));
}

function encoded(text: string): string {
  return Buffer.from(text).toString("base64");
}

function countsIn(object: KubeObject | undefined): Counts {
  const secret = object === undefined ? undefined : read(secretKind, object).value;
  const bytes = secret === undefined ? undefined : secretValue(secret, "counts");
  const parsed = bytes === undefined ? undefined : parseJson(Buffer.from(bytes).toString());
  if (!isJsonObject(parsed)) return {};
  const numbers = Object.entries(parsed as JsonObject).filter(
    (entry): entry is [string, number & Json] => typeof entry[1] === "number",
  );
  return Object.fromEntries(numbers);
}
