/**
 * The Secret with an account's key. It is created and never overwritten; a key that is to follow is stored beside the one
 * in use before the server hears of it, so that one of the two always opens the account.
 */

import { err, ok, type Result } from "#base/result.ts";
import {
  formatAccountKey,
  generateAccountKey,
  generateKeyLike,
  parseAccountKey,
} from "#crypto/keys/account-key.ts";
import type { SigningKey } from "#crypto/keys/signing-key.ts";
import { read } from "#kinds/kind.ts";
import type { KubeObject, ObjectKey } from "#kinds/object.ts";
import { secretKind, secretValue } from "#kinds/secret.ts";
import { StoreError } from "#store/object-store.ts";
import type { AcmeStore } from "../acme-deps.ts";

/** Which value of which Secret. */
export interface KeyPlace {
  readonly namespace: string;
  readonly name: string;
  readonly key: string;
}

export interface AccountKeys {
  readonly secret: KubeObject;
  readonly current: SigningKey;
  /** Stored to follow; absent most of the time. */
  readonly next: SigningKey | undefined;
}

/** On the Secret: the last wish for another key that was fulfilled. */
const fulfilledAnnotation = "sekisho.dev/account-key-rolled";

/** The keys of an account; undefined when there is no Secret. */
export async function readAccountKeys(
  store: AcmeStore,
  place: KeyPlace,
): Promise<Result<AccountKeys, string> | undefined> {
  const secret = await store.get(secretKey(place));
  return secret === undefined ? undefined : parseKeys(secret, place);
}

/** Makes a key where there is no Secret; one that came in the meantime is the one. */
export async function createAccountKey(
  store: AcmeStore,
  place: KeyPlace,
): Promise<Result<AccountKeys, string>> {
  const key = await generateAccountKey();
  try {
    const secret = await store.create({
      apiVersion: "v1",
      kind: "Secret",
      metadata: { namespace: place.namespace, name: place.name },
      body: { type: "Opaque", data: { [place.key]: encoded(key) } },
    });
    return parseKeys(secret, place);
  } catch (error) {
    if (!(error instanceof StoreError) || error.code !== "exists") throw error;
    const keys = await readAccountKeys(store, place);
    if (keys === undefined) throw error;
    return keys;
  }
}

/** Which wish for another key was fulfilled last. */
export function fulfilledWish({ secret }: AccountKeys): string | undefined {
  return secret.metadata.annotations[fulfilledAnnotation];
}

/** Stores a key that is to follow beside the one in use. */
export async function storeNextKey(
  store: AcmeStore,
  place: KeyPlace,
  { secret, current }: AccountKeys,
): Promise<Result<AccountKeys, string>> {
  const next = await generateKeyLike(current);
  const data = { ...dataOf(secret), [nextName(place)]: encoded(next) };
  return parseKeys(await write(store, secret, { data }), place);
}

/** The key that followed is the one in use from now on. */
export async function promoteNextKey(
  store: AcmeStore,
  place: KeyPlace,
  keys: AccountKeys & { readonly wish: string },
): Promise<Result<AccountKeys, string>> {
  const { secret, next, wish } = keys;
  if (next === undefined) return ok(keys);
  const { [nextName(place)]: _, ...others } = dataOf(secret);
  const data = { ...others, [place.key]: encoded(next) };
  const annotations = { ...secret.metadata.annotations, [fulfilledAnnotation]: wish };
  return parseKeys(await write(store, secret, { data, annotations }), place);
}

function secretKey({ namespace, name }: KeyPlace): ObjectKey {
  return { kind: secretKind.id, namespace, name };
}

function nextName({ key }: KeyPlace): string {
  return `next-${key}`;
}

function encoded(key: SigningKey): string {
  return Buffer.from(formatAccountKey(key).reveal()).toString("base64");
}

function parseKeys(secret: KubeObject, place: KeyPlace): Result<AccountKeys, string> {
  const { value } = read(secretKind, secret);
  const where = `Secret ${place.namespace}/${place.name}`;
  const bytes = value === undefined ? undefined : secretValue(value, place.key);
  if (value === undefined || bytes === undefined) return err(`${where} has no ${place.key}`);
  const current = parseAccountKey(bytes);
  if (!current.ok) return err(`${place.key} of ${where}: ${current.error}`);
  const following = secretValue(value, nextName(place));
  const next = following === undefined ? undefined : parseAccountKey(following);
  return ok({ secret, current: current.value, next: next?.ok ? next.value : undefined });
}

function dataOf(secret: KubeObject): Readonly<Record<string, string>> {
  return read(secretKind, secret).value?.data ?? {};
}

async function write(
  store: AcmeStore,
  secret: KubeObject,
  change: {
    readonly data: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  },
): Promise<KubeObject> {
  const { name, namespace, labels, annotations, finalizers, ownerReferences, resourceVersion } =
    secret.metadata;
  const metadata = { name, namespace, labels, annotations, finalizers, ownerReferences };
  return await store.replace(
    { kind: secretKind.id, namespace, name },
    {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { ...metadata, annotations: change.annotations ?? annotations },
      body: { ...secret.body, data: change.data },
    },
    resourceVersion,
  );
}
