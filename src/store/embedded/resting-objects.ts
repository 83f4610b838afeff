/**
 * Objects of which the metadata alone stays in memory: what else they say is read from their row when somebody asks. To
 * whoever has one it is an object like any other, and for good what it was: one whose row is about to change takes with it
 * what the row says.
 */

import { BoundedMap } from "#base/bounded-map.ts";
import { certificateRequestKind } from "#kinds/cert-manager/certificate-request.ts";
import { formatKey, type KindId, type KubeObject, keyOf } from "#kinds/object.ts";
import { secretKind } from "#kinds/secret.ts";
import { StoreError } from "../object-store.ts";

type Content = Pick<KubeObject, "body" | "status">;

/** There may be tens of thousands, kilobytes each, and nobody reads them while nothing happens. */
const kinds: ReadonlySet<KindId> = new Set([secretKind.id, certificateRequestKind.id]);

/** How many are in memory all the same: more than are worked on at once. */
const kept = 256;

const reader = Symbol("reader");

interface Resting extends KubeObject {
  [reader]: (object: KubeObject) => Content;
}

// The same functions for all of them: objects of one form cost a fraction of those with functions of their own.
const body = {
  get(this: Resting): KubeObject["body"] {
    return this[reader](this).body;
  },
  enumerable: true,
};
const status = {
  get(this: Resting): KubeObject["status"] {
    return this[reader](this).status;
  },
  enumerable: true,
};

/** Whether objects of a kind rest. */
export function doesRest(kind: KindId): boolean {
  return kinds.has(kind);
}

export class RestingObjects {
  readonly #recent = new BoundedMap<KubeObject, Content>(kept);
  readonly #read: (object: KubeObject) => Content;

  /** `load` reads the object in a row, by its `formatKey`. */
  constructor(load: (key: string) => KubeObject | undefined) {
    this.#read = (object) => this.#recent.getOrMake(object, () => contentOf(object, load));
  }

  /** The object of a row as it is kept in memory: itself, where its kind does not rest. */
  rest(object: KubeObject): KubeObject {
    if (!doesRest(keyOf(object).kind)) return object;
    const { apiVersion, kind, metadata } = object;
    const resting = Object.defineProperties(
      { apiVersion, kind, metadata },
      {
        body,
        ...(object.status === undefined ? {} : { status }),
        [reader]: { value: this.#read, writable: true },
      },
    ) as KubeObject;
    this.#recent.set(resting, object);
    return resting;
  }

  /** Called before the row of an object changes, or goes. */
  wake(object: KubeObject): void {
    if (!isResting(object)) return;
    const content = object[reader](object);
    object[reader] = () => content;
  }
}

function isResting(object: KubeObject): object is Resting {
  return reader in object;
}

function contentOf(object: KubeObject, load: (key: string) => KubeObject | undefined): Content {
  const key = formatKey(keyOf(object));
  const { uid, resourceVersion } = object.metadata;
  const stored = load(key);
  if (stored?.metadata.uid === uid && stored.metadata.resourceVersion === resourceVersion)
    return stored;
  throw new StoreError("unavailable", `the row of ${key} is not the one that was read`);
}
