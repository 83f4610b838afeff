/** Keeps the Secret of a Certificate as it is to be. */

import { isJsonObject, type Json, type JsonObject, sameJson } from "#base/json.ts";
import { ok, type Result } from "#base/result.ts";
import type { SigningKey } from "#crypto/keys/signing-key.ts";
import type { ParsedCertificate } from "#crypto/x509/parsed-certificate.ts";
import type { CertificateSpec } from "#kinds/cert-manager/certificate-spec.ts";
import { read } from "#kinds/kind.ts";
import { type KubeObject, keyOf } from "#kinds/object.ts";
import { secretKind } from "#kinds/secret.ts";
import type { Draft } from "#store/object-store.ts";
import { isPair, valueOf } from "../policies/stored-pair.ts";
import {
  type IssuedPair,
  managedFiles,
  type SecretContent,
  secretContent,
} from "../tls-secret-content.ts";
import { type ControllerDeps, isOwnedBy, ownerOf } from "./controller.ts";

type Deps = Pick<ControllerDeps, "store" | "world" | "events" | "ownsSecrets">;

type Owners = KubeObject["metadata"]["ownerReferences"];

export interface WantedSecret {
  readonly object: KubeObject;
  readonly spec: CertificateSpec;
  readonly pair: IssuedPair;
  /** Whether the Secret is to be given it, or holds it already, by whomever. */
  readonly is: "new" | "there already";
}

/** False when the password of a keystore is missing: nothing is written then. */
export async function writeSecret(deps: Deps, wanted: WantedSecret): Promise<boolean> {
  const { object, spec, pair, is } = wanted;
  const { name, namespace } = object.metadata;
  const password = await findPassword(deps, wanted);
  if (!password.ok) {
    const message = `Keystore password Secret not found: ${password.error}`;
    deps.events.tell(object, {
      ...{ type: "Warning", reason: "KeystorePasswordSecretNotFound", message },
    });
    return false;
  }
  const there = deps.world.secret(namespace, spec.secretName);
  const content = secretContent({
    ...{ name, spec, pair, password: password.value },
    ...(is === "new" || there === undefined
      ? {}
      : { written: (file: string) => valueOf(there, file) }),
  });
  const owners = ownersOf(deps, object, there);
  const draft = secretDraft(wanted, content, { there, owners });
  if (there !== undefined && isAlready(there, draft)) return true;
  // Secrets are never applied: what a store remembers of that would hold their values.
  const written =
    there === undefined
      ? await deps.store.create(draft)
      : await deps.store.replace(keyOf(there), draft, there.metadata.resourceVersion);
  deps.world.view.observe(written);
  return true;
}

/** What others have put into the Secret stays. */
function secretDraft(
  { object, spec }: WantedSecret,
  content: SecretContent,
  { there, owners }: { readonly there: KubeObject | undefined; readonly owners: Owners },
): Draft {
  const { body = {}, metadata } = there ?? {};
  const before = templatedBefore(metadata?.annotations[templatedAnnotation]);
  const templated = {
    labels: Object.keys(spec.secretTemplate?.labels ?? {}).sort(),
    annotations: Object.keys(spec.secretTemplate?.annotations ?? {}).sort(),
  };
  const isTemplated = templated.labels.length + templated.annotations.length > 0;
  const own = isTemplated ? { [templatedAnnotation]: JSON.stringify(templated) } : {};
  return {
    apiVersion: "v1",
    kind: secretKind.kind,
    metadata: {
      name: spec.secretName,
      namespace: object.metadata.namespace,
      labels: {
        ...without(metadata?.labels, (key) => before.labels.includes(key)),
        ...content.labels,
      },
      annotations: {
        ...without(
          metadata?.annotations,
          (key) => before.annotations.includes(key) || isOwnAnnotation(key),
        ),
        ...content.annotations,
        ...own,
      },
      ...(metadata === undefined ? {} : { finalizers: metadata.finalizers }),
      ownerReferences: owners,
    },
    // The type of one that is there cannot be changed.
    body: {
      type: "kubernetes.io/tls",
      ...body,
      data: {
        ...without(dataOf(there), (key) => managedFiles.includes(key)),
        ...content.data,
      },
    },
  };
}

/** One that belongs to a Certificate already, by whomever, still does. */
function ownersOf(
  { ownsSecrets }: Deps,
  certificate: KubeObject,
  there: KubeObject | undefined,
): Owners {
  const before = there?.metadata.ownerReferences ?? [];
  const isNew = there === undefined || !isOwnedBy(there, certificate);
  return ownsSecrets && isNew ? [...before, ownerOf(certificate)] : before;
}

function dataOf(secret: KubeObject | undefined): Readonly<Record<string, string>> {
  return secret === undefined ? {} : (read(secretKind, secret).value?.data ?? {});
}

function without(
  entries: Readonly<Record<string, string>> | undefined,
  isGone: (key: string) => boolean,
): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(entries ?? {}).filter(([key]) => !isGone(key)));
}

/** Which labels and annotations came of the template, so that they go with it. */
const templatedAnnotation = "sekisho.dev/of-secret-template";

function isOwnAnnotation(key: string): boolean {
  return (
    key === templatedAnnotation ||
    /^cert-manager\.io\/(?:subject-|(?:alt-names|common-name|email-sans|ip-sans|uri-sans)$)/.test(
      key,
    )
  );
}

function templatedBefore(text: string | undefined): {
  readonly labels: readonly string[];
  readonly annotations: readonly string[];
} {
  const parsed = text === undefined ? undefined : parseJson(text);
  const keys = (name: string): readonly string[] => {
    const found = isJsonObject(parsed) ? (parsed as JsonObject)[name] : undefined;
    return Array.isArray(found) ? found.filter((key) => typeof key === "string") : [];
  };
  return { labels: keys("labels"), annotations: keys("annotations") };
}

function parseJson(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    // Others may have written it: then nothing is known of what came of a template.
    return undefined;
  }
}

function isAlready({ metadata, body }: KubeObject, draft: Draft): boolean {
  return sameJson(
    {
      ...{ labels: metadata.labels, annotations: metadata.annotations, body },
      owners: metadata.ownerReferences.length,
    },
    {
      labels: draft.metadata.labels ?? {},
      annotations: draft.metadata.annotations ?? {},
      body: draft.body,
      owners: draft.metadata.ownerReferences?.length ?? 0,
    },
  );
}

/** The pair of a Secret that is in order, with all that stands beside it. */
export function pairIn({ world }: Pick<Deps, "world">, secret: KubeObject): IssuedPair | undefined {
  const pair = world.pairOf(secret);
  const chain = readAll(world, valueOf(secret, "tls.crt"));
  if (!isPair(pair) || chain === undefined) return undefined;
  return { key: pair.key, chain, authorities: readAll(world, valueOf(secret, "ca.crt")) ?? [] };
}

/** The pair that an issuer made of a key. */
export function pairOf(
  { world }: Pick<Deps, "world">,
  request: { readonly certificate: Uint8Array; readonly authority: Uint8Array | undefined },
  key: SigningKey,
): Result<IssuedPair, string> {
  const chain = world.certificatesIn(request.certificate);
  if (!chain.ok) return chain;
  return ok({ key, chain: chain.value, authorities: readAll(world, request.authority) ?? [] });
}

function readAll(
  world: ControllerDeps["world"],
  pem: Uint8Array | undefined,
): readonly ParsedCertificate[] | undefined {
  const parsed = pem === undefined || pem.length === 0 ? undefined : world.certificatesIn(pem);
  return parsed?.ok === true ? parsed.value : undefined;
}

async function findPassword(
  { store, world }: Deps,
  { object, spec }: WantedSecret,
): Promise<Result<string | undefined, string>> {
  const { create = false, password, passwordSecretRef } = spec.keystores?.pkcs12 ?? {};
  if (!create) return ok(undefined);
  if (passwordSecretRef === undefined) return ok(password);
  const { namespace } = object.metadata;
  const { name, key = "password" } = passwordSecretRef;
  const secret =
    world.secret(namespace, name) ?? (await store.get({ kind: secretKind.id, namespace, name }));
  const value = secret === undefined ? undefined : valueOf(secret, key);
  return value === undefined || value.length === 0
    ? { ok: false, error: `Secret "${name}" has no ${key}` }
    : ok(Buffer.from(value).toString("utf8"));
}
