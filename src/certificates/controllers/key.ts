/** Has the key of the next certificate in a Secret of its own while one is issued, and takes it away afterwards. */

import { contentHash } from "#base/content-hash.ts";
import { sameJson } from "#base/json.ts";
import { describeKey, formatKey, parsePrivateKey } from "#crypto/keys/private-key.ts";
import type { SigningKey } from "#crypto/keys/signing-key.ts";
import { type KubeObject, keyOf, type ObjectKey } from "#kinds/object.ts";
import { secretKind } from "#kinds/secret.ts";
import { type Draft, StoreError } from "#store/object-store.ts";
import { managedLabel, nextKeyLabel, requestAnnotations } from "../annotations.ts";
import { conditionOf, instantOf } from "../certificate-status.ts";
import { valueOf } from "../policies/stored-pair.ts";
import { wantedKey } from "../wanted-key.ts";
import {
  type Controller,
  type ControllerDeps,
  isOwnedBy,
  ownerOf,
  type Seen,
} from "./controller.ts";

import { currentRequest } from "./revision.ts";

type Deps = Pick<ControllerDeps, "store" | "world" | "keys" | "events">;

export function createKeyController(deps: Deps): Controller {
  return async (seen) => {
    const { status } = seen;
    if (conditionOf(status, "Issuing")?.status !== "True") return { status };
    const key = nextKeyOf(seen);
    const withKey = { status: { ...status, nextPrivateKeySecretName: key.name } };
    // One that nobody has named yet is hardly ever there: then it cannot be created, and is named from now on.
    const isNamed = status.nextPrivateKeySecretName !== undefined;
    const there = isNamed ? await findSecret(deps, key) : seenSecret(deps, key);
    if (there !== undefined) {
      if (!isOwnedBy(there, seen.object)) throw new Error(`Secret ${key.name} is not ours to use`);
      if (readNextKey(deps, there, seen) !== undefined) return withKey;
      await removeSecret(deps, there);
    }
    const made = await makeKey(deps, seen);
    if (made === undefined) return { status };
    await createSecret(deps, seen, { key, made });
    return withKey;
  };
}

/** Takes the key away behind an issuance, whichever way it ended: first the status is written that does not need it any more. */
export function createKeyRemoval(deps: Pick<Deps, "store" | "world">): Controller {
  const looked = new Set<string>();
  return async (seen) => {
    const { nextPrivateKeySecretName: named, ...status } = seen.status;
    if (conditionOf(status, "Issuing")?.status === "True") return { status: seen.status };
    const { uid } = seen.object.metadata;
    const name = named ?? (looked.has(uid) ? undefined : leftKey(deps, seen));
    looked.add(uid);
    if (name === undefined) return { status };
    return { status, afterwards: () => removeNextKey(deps, seen.object, name) };
  };
}

/** A process that died behind its last write has left the key of the certificate in force, if it made it lately. */
const lately = Temporal.Duration.from({ hours: 1 });

function leftKey({ world }: Pick<Deps, "world">, seen: Seen): string | undefined {
  const { metadata } = currentRequest(world, seen) ?? {};
  const made = instantOf(metadata?.creationTimestamp);
  if (made === undefined || Temporal.Instant.compare(made.add(lately), seen.now) < 0)
    return undefined;
  return metadata?.annotations[requestAnnotations.privateKeySecret];
}

/** The key that is to be certified next; undefined while there is none that fits the spec. */
export function nextKey({ world }: Pick<Deps, "world">, seen: Seen): SigningKey | undefined {
  const { namespace, name } = nextKeyOf(seen);
  const secret = world.secret(namespace, name);
  return secret === undefined ? undefined : readNextKey({ world }, secret, seen);
}

/** Where it is: told by what is asked for, so that who comes back after a crash finds what was made. */
export function nextKeyOf({ object, status }: Seen): ObjectKey {
  const { name, namespace, uid } = object.metadata;
  const { revision = 0, failedIssuanceAttempts = 0, nextPrivateKeySecretName } = status;
  const tail = contentHash(uid, `${revision}`, `${failedIssuanceAttempts}`).slice(0, 8);
  const ours = `${name.slice(0, 244)}-${tail}`;
  return { kind: secretKind.id, namespace, name: nextPrivateKeySecretName ?? ours };
}

function readNextKey(
  { world }: Pick<Deps, "world">,
  secret: KubeObject,
  { spec }: Seen,
): SigningKey | undefined {
  const parsed = world.keyIn(secret);
  return parsed.ok && sameJson(describeKey(parsed.value), wantedKey(spec))
    ? parsed.value
    : undefined;
}

/** What we made ourselves is seen at once; what an earlier run made may only be in the store. */
async function findSecret(
  { store, world }: Pick<Deps, "store" | "world">,
  key: ObjectKey,
): Promise<KubeObject | undefined> {
  return seenSecret({ world }, key) ?? (await store.get(key));
}

function seenSecret(
  { world }: Pick<Deps, "world">,
  { namespace, name }: ObjectKey,
): KubeObject | undefined {
  return world.secret(namespace, name);
}

async function removeNextKey(
  deps: Pick<Deps, "store" | "world">,
  object: KubeObject,
  name: string,
): Promise<void> {
  const { namespace } = object.metadata;
  const there = await findSecret(deps, { kind: secretKind.id, namespace, name });
  // Whoever may write the status could name any Secret there.
  const isOurs = there?.metadata.labels["cert-manager.io/next-private-key"] === "true";
  if (there !== undefined && isOurs && isOwnedBy(there, object)) await removeSecret(deps, there);
}

async function removeSecret(
  { store, world }: Pick<Deps, "store" | "world">,
  secret: KubeObject,
): Promise<void> {
  try {
    await store.remove(keyOf(secret), { uid: secret.metadata.uid });
  } catch (error) {
    if (!(error instanceof StoreError) || error.code !== "not-found") throw error;
  }
  world.view.forget(secret);
}

/** Undefined when the key that there is must be kept and does not fit: only a person can decide that. */
async function makeKey({ keys, world, events }: Deps, seen: Seen): Promise<SigningKey | undefined> {
  const { object, spec } = seen;
  const choice = wantedKey(spec);
  const secret = world.secret(object.metadata.namespace, spec.secretName);
  const present = secret === undefined ? undefined : valueOf(secret, "tls.key");
  if (spec.privateKey?.rotationPolicy !== "Never" || present === undefined)
    return await keys.make(choice);
  const parsed = parsePrivateKey(present);
  if (parsed.ok && sameJson(describeKey(parsed.value), choice)) {
    const message = `Reusing private key stored in existing Secret resource "${spec.secretName}"`;
    events.tell(object, { type: "Normal", reason: "Reused", message });
    return parsed.value;
  }
  const message = `User intervention required: existing private key in Secret "${spec.secretName}" does not match requirements on Certificate resource, mismatching fields: [spec.privateKey], but cert-manager cannot create new private key as the Certificate's .spec.privateKey.rotationPolicy is unset or set to Never. To allow cert-manager to create a new private key you can set .spec.privateKey.rotationPolicy to 'Always' (this will result in the private key being regenerated every time a cert is renewed)`;
  events.tell(object, { type: "Warning", reason: "CannotRegenerateKey", message });
  return undefined;
}

/** Created, never overwritten: one that is there already is what an earlier run made, and is found at the next look. */
async function createSecret(
  { store, world, events }: Deps,
  { object }: Seen,
  { key, made }: { readonly key: ObjectKey; readonly made: SigningKey },
): Promise<void> {
  const pem = formatKey(made, "PKCS8").reveal();
  const draft: Draft = {
    apiVersion: "v1",
    kind: secretKind.kind,
    metadata: {
      name: key.name,
      namespace: key.namespace,
      labels: { ...managedLabel, ...nextKeyLabel },
      ownerReferences: [ownerOf(object)],
    },
    body: { type: "Opaque", data: { "tls.key": Buffer.from(pem).toString("base64") } },
  };
  try {
    world.view.observe(await store.create(draft));
  } catch (error) {
    if (!(error instanceof StoreError) || error.code !== "exists") throw error;
    // The next look finds it by its name in the status.
    return;
  }
  const message = `Stored new private key in temporary Secret resource "${key.name}"`;
  events.tell(object, { type: "Normal", reason: "Generated", message });
}
