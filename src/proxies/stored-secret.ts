/** A Secret of ours as named byte values: created once, and then only replaced where nobody else wrote in between. */

import { read } from "#kinds/kind.ts";
import type { KubeObject, ObjectKey } from "#kinds/object.ts";
import { secretKind, secretValue } from "#kinds/secret.ts";
import { type ObjectStore, StoreError } from "#store/object-store.ts";

export type SecretValues = Readonly<Record<string, string | Uint8Array>>;

export interface StoredSecret {
  readonly object: KubeObject;
  readonly value: (name: string) => Uint8Array | undefined;
}

/** What is stored is not what we wrote: somebody must look at it. */
export class UnusableSecretError extends Error {
  readonly code = "unusable";
  readonly retryable = false;
  constructor(key: ObjectKey, reason: string) {
    super(
      `the Secret ${key.namespace}/${key.name} cannot be used, ${reason}; delete it to have a new one made`,
    );
    this.name = "UnusableSecretError";
  }
}

/** The key of a Secret. */
export function secretKey(namespace: string, name: string): ObjectKey {
  return { kind: secretKind.id, namespace, name };
}

/** Undefined when there is none; throws StoreError. */
export async function readSecret(
  store: ObjectStore,
  key: ObjectKey,
): Promise<StoredSecret | undefined> {
  const object = await store.get(key);
  return object === undefined ? undefined : storedSecret(object);
}

export interface SecretWrite {
  readonly key: ObjectKey;
  readonly type: "Opaque" | "kubernetes.io/tls";
  readonly values: SecretValues;
  /** What is replaced, if it is still what is stored; undefined: there must be none. */
  readonly replaces: StoredSecret | undefined;
}

/** Throws StoreError; {@link wasOvertaken} tells when the cause is another writer. */
export async function writeSecret(store: ObjectStore, write: SecretWrite): Promise<StoredSecret> {
  const { key, replaces } = write;
  const metadata = replaces?.object.metadata;
  const draft = {
    apiVersion: secretKind.version,
    kind: secretKind.kind,
    metadata: {
      name: key.name,
      namespace: key.namespace,
      labels: metadata?.labels ?? { "app.kubernetes.io/managed-by": "sekisho" },
      ...(metadata !== undefined && {
        annotations: metadata.annotations,
        finalizers: metadata.finalizers,
        ownerReferences: metadata.ownerReferences,
      }),
    },
    body: { type: write.type, data: encoded(write.values) },
  };
  return storedSecret(
    metadata === undefined
      ? await store.create(draft)
      : await store.replace(key, draft, metadata.resourceVersion),
  );
}

/** True when another replica was faster: what is stored now is to be read. */
export function wasOvertaken(error: unknown): boolean {
  return error instanceof StoreError && ["conflict", "exists", "not-found"].includes(error.code);
}

function storedSecret(object: KubeObject): StoredSecret {
  const secret = read(secretKind, object).value ?? {};
  return { object, value: (name) => secretValue(secret, name) };
}

function encoded(values: SecretValues): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, Buffer.from(value).toString("base64")]),
  );
}
