/** From a reference to the issuer, and to the way in which it signs. */

import { SecretBytes } from "#base/secret-bytes.ts";
import { withDefaults } from "#kinds/cert-manager/issuer-reference.ts";
import type { Kind } from "#kinds/kind.ts";
import { type KubeObject, keyOf, type ObjectKey } from "#kinds/object.ts";
import { secretKind } from "#kinds/secret.ts";
import { type ObjectStore, StoreError } from "#store/object-store.ts";
import type { IssuerBackend } from "../issuers/issuer.ts";
import { valueOf } from "../policies/stored-pair.ts";
import type { IssuerAccess } from "../solvers/solver.ts";
import type { ControllerDeps } from "./controller.ts";

export interface IssuerResolverSettings {
  readonly backends: readonly IssuerBackend[];
  /** Where what ClusterIssuers use is kept. */
  readonly clusterResourceNamespace: string;
  /** Default false. */
  readonly issuerAmbientCredentials?: boolean;
}

export class IssuerResolver {
  readonly #deps: Pick<ControllerDeps, "store" | "world">;
  readonly #settings: IssuerResolverSettings;
  readonly #kinds: ReadonlyMap<string, Kind<unknown>>;

  constructor(deps: Pick<ControllerDeps, "store" | "world">, settings: IssuerResolverSettings) {
    this.#deps = deps;
    this.#settings = settings;
    const kinds = settings.backends.flatMap(({ issuerKinds }) => issuerKinds);
    this.#kinds = new Map(kinds.map((kind) => [kind.id, kind]));
  }

  /** The kinds of issuers that are served here. */
  get kinds(): readonly Kind<unknown>[] {
    return [...this.#kinds.values()];
  }

  /** Undefined for an issuer of a kind that is not served here: its own controller signs. */
  keyOf(reference: Parameters<typeof withDefaults>[0], namespace: string): ObjectKey | undefined {
    const { name, kind, group } = withDefaults(reference);
    const known = this.#kinds.get(`${kind}.${group}`);
    if (known === undefined) return undefined;
    return { kind: known.id, namespace: known.namespaced ? namespace : "", name };
  }

  get(key: ObjectKey): KubeObject | undefined {
    return this.#deps.world.view.get(key.kind, key.namespace, key.name);
  }

  /** Undefined where nobody here signs in the way that the issuer says. */
  backendOf(issuer: KubeObject): IssuerBackend | undefined {
    const { kind } = keyOf(issuer);
    return this.#settings.backends.find(
      (backend) => backend.issuerKinds.some(({ id }) => id === kind) && backend.serves(issuer),
    );
  }

  /** What may be used for an issuer: of its own namespace, or where that of all is kept for ClusterIssuers. */
  accessOf(issuer: KubeObject): IssuerAccess {
    const isOfCluster = issuer.metadata.namespace === "";
    const { clusterResourceNamespace, issuerAmbientCredentials = false } = this.#settings;
    const namespace = isOfCluster ? clusterResourceNamespace : issuer.metadata.namespace;
    const { store, world } = this.#deps;
    return {
      credentialsNamespace: namespace,
      mayUseAmbient: isOfCluster || issuerAmbientCredentials,
      secretOf: async ({ name, key = "" }) => {
        const secret =
          world.secret(namespace, name) ??
          (await getUnlessDenied(store, { kind: secretKind.id, namespace, name }));
        const value = secret === undefined ? undefined : valueOf(secret, key);
        return value === undefined ? undefined : new SecretBytes(value);
      },
    };
  }
}

/** One that may not be read is none: the issuer's condition says that it is not there, or that nobody lets us see it. */
async function getUnlessDenied(
  store: Pick<ObjectStore, "get">,
  key: ObjectKey,
): Promise<KubeObject | undefined> {
  try {
    return await store.get(key);
  } catch (error) {
    if (error instanceof StoreError && error.code === "denied") return undefined;
    throw error;
  }
}
