/** The objects that certificates are made of, as known here, with the ways from one to another. */

import { BoundedMap } from "#base/bounded-map.ts";
import { isJsonObject, type JsonObject } from "#base/json.ts";
import { ok, type Result } from "#base/result.ts";
import { parsePrivateKey } from "#crypto/keys/private-key.ts";
import type { SigningKey } from "#crypto/keys/signing-key.ts";
import { type ParsedCertificate, parseCertificates } from "#crypto/x509/parsed-certificate.ts";
import type { UncheckedRequest } from "#crypto/x509/signing-request.ts";
import { certificateKind } from "#kinds/cert-manager/certificate.ts";
import { certificateRequestKind } from "#kinds/cert-manager/certificate-request.ts";
import { withDefaults } from "#kinds/cert-manager/issuer-reference.ts";
import { formatKey, type KubeObject, keyOf, type ObjectKey } from "#kinds/object.ts";
import { secretKind } from "#kinds/secret.ts";
import type { ObjectView, ViewChange } from "#store/object-view.ts";
import {
  checkedOf,
  type RequestFacts,
  readRequest,
  readRequestText,
} from "../policies/request-facts.ts";
import { type Reason, readStoredPair, type StoredPair, valueOf } from "../policies/stored-pair.ts";
import { KeyIndex } from "./key-index.ts";

/**
 * Twice as many as are worked on at once: of those at rest nothing is kept, as there may be tens of thousands, and what is
 * behind keys and certificates outside of the heap is freed soon only when they do not grow old.
 */
const read = 64;

type Chain = Result<readonly ParsedCertificate[], string>;

export class World {
  readonly view: ObjectView;
  /** uid of an owner → its objects. */
  readonly #owned = new KeyIndex();
  /** `namespace/name` of a Secret → Certificates that name it, and in which field. */
  readonly #users = new KeyIndex();
  readonly #targets = new KeyIndex();
  /** What requests and Certificates are to be signed by → those. */
  readonly #ofIssuer = new KeyIndex();
  /** What was read of a version of an object: an object that changes is another one. */
  readonly #pairs = new BoundedMap<KubeObject, StoredPair | Reason>(read);
  readonly #keys = new BoundedMap<KubeObject, Result<SigningKey, string>>(read);
  /** By their text: a request that is signed is another object, and asks for the same. */
  readonly #requests = new BoundedMap<string, Result<UncheckedRequest, string>>(read);
  /** Likewise: that of an authority is beside every certificate that it has signed. */
  readonly #chains = new BoundedMap<string, Chain>(read);

  constructor(view: ObjectView) {
    this.view = view;
  }

  /** Keeps the ways up; called for every change before anybody looks. */
  observe({ key, before, after }: ViewChange): void {
    const text = formatKey(key);
    if (key.kind === certificateKind.id) {
      this.#users.set(text, after === undefined ? [] : secretsOf(after));
      this.#targets.set(text, after === undefined ? [] : targetOf(after));
    }
    if (key.kind === certificateRequestKind.id)
      this.#ofIssuer.set(text, after === undefined ? [] : issuerOf(after));
    const owners = (after ?? before)?.metadata.ownerReferences ?? [];
    this.#owned.set(text, after === undefined ? [] : owners.map(({ uid }) => uid));
  }

  secret(namespace: string, name: string): KubeObject | undefined {
    return this.view.get(secretKind.id, namespace, name);
  }

  /** The requests of a Certificate. */
  requestsOf(certificate: KubeObject): readonly KubeObject[] {
    return this.#objects(this.#owned.get(certificate.metadata.uid)).filter(
      (object) => keyOf(object).kind === certificateRequestKind.id,
    );
  }

  /** Certificates that keep what they have in a Secret, the oldest first. */
  certificatesInto(namespace: string, secretName: string): readonly KubeObject[] {
    return this.#objects(this.#targets.get(`${namespace}/${secretName}`));
  }

  /** Certificates (`formatKey`) that name a Secret in whatever field. */
  certificatesNaming({ namespace, name }: ObjectKey): readonly string[] {
    return this.#users.get(`${namespace}/${name}`);
  }

  /** Requests (`formatKey`) that an issuer is to sign. */
  requestsFor(issuer: ObjectKey): readonly string[] {
    const [kind = "", ...group] = issuer.kind.split(".");
    return this.#ofIssuer.get(
      issuerText(kind, group.join("."), `${issuer.namespace}/${issuer.name}`),
    );
  }

  /** The pair in a Secret. */
  pairOf(secret: KubeObject | undefined): StoredPair | Reason {
    const chainOf = (pem: Uint8Array): Chain => this.certificatesIn(pem);
    if (secret === undefined) return readStoredPair(undefined, chainOf);
    return this.#pairs.getOrMake(secret, () => readStoredPair(secret, chainOf));
  }

  /** The private key in a Secret. */
  keyIn(secret: KubeObject): Result<SigningKey, string> {
    return this.#keys.getOrMake(secret, () =>
      parsePrivateKey(valueOf(secret, "tls.key") ?? new Uint8Array()),
    );
  }

  /** What a request asks for; an error where its own key did not sign it. */
  factsOf(request: KubeObject): Result<RequestFacts, string> {
    return readRequest(request, (text) => checkedOf(this.#read(text)));
  }

  /** What a request asked for that was signed: its signature was looked at then. */
  factsOfSigned(request: KubeObject): Result<RequestFacts, string> {
    return readRequest(request, (text) => {
      const read = this.#read(text);
      return read.ok ? ok(read.value.said) : read;
    });
  }

  /** The certificates of a PEM text; there is at least one. */
  certificatesIn(pem: Uint8Array): Chain {
    return this.#chains.getOrMake(Buffer.from(pem).toString("latin1"), () =>
      parseCertificates(pem),
    );
  }

  #read(text: string): Result<UncheckedRequest, string> {
    return this.#requests.getOrMake(text, () => readRequestText(text));
  }

  #objects(keys: readonly string[]): readonly KubeObject[] {
    return keys.flatMap((key) => {
      const [kind = "", namespace = "", name = ""] = key.split("/");
      return this.view.get(kind, namespace, name) ?? [];
    });
  }
}

function specOf({ body }: KubeObject): JsonObject {
  const { spec } = body;
  return isJsonObject(spec) ? (spec as JsonObject) : {};
}

function targetOf(certificate: KubeObject): readonly string[] {
  const { secretName } = specOf(certificate);
  return typeof secretName === "string" ? [`${certificate.metadata.namespace}/${secretName}`] : [];
}

function secretsOf(certificate: KubeObject): readonly string[] {
  return namesOfSecrets(certificate).map((name) => `${certificate.metadata.namespace}/${name}`);
}

/** The Secrets that a Certificate names: its own, that of the next key, those with passwords of keystores. */
export function namesOfSecrets(certificate: KubeObject): readonly string[] {
  const { secretName, keystores } = specOf(certificate);
  const status = isJsonObject(certificate.status) ? (certificate.status as JsonObject) : {};
  const stores = isJsonObject(keystores) ? Object.values(keystores as JsonObject) : [];
  const passwords = stores.flatMap((store) => {
    const reference = isJsonObject(store) ? (store as JsonObject)["passwordSecretRef"] : undefined;
    return isJsonObject(reference) ? [(reference as JsonObject)["name"]] : [];
  });
  return [secretName, status["nextPrivateKeySecretName"], ...passwords].filter(
    (name) => typeof name === "string",
  );
}

function issuerText(kind: string, group: string, place: string): string {
  return `${kind}.${group}/${place}`;
}

/** Both where the issuer has a namespace and where it has none: which it is depends on its kind. */
function issuerOf(request: KubeObject): readonly string[] {
  const { kind, group, name } = issuerReferenceOf(request);
  return [request.metadata.namespace, ""].map((namespace) =>
    issuerText(kind, group, `${namespace}/${name}`),
  );
}

/** By whom a Certificate or a request is to be signed. */
export function issuerReferenceOf(object: KubeObject): ReturnType<typeof withDefaults> {
  const { issuerRef } = specOf(object);
  const { name, kind, group } = (isJsonObject(issuerRef) ? issuerRef : {}) as JsonObject;
  const text = (value: unknown): string => (typeof value === "string" ? value : "");
  return withDefaults({ name: text(name), kind: text(kind), group: text(group) });
}
