/** What a dialect is: a pure translation of objects of some kinds into fragments of the model. */

import type { Kind, Known } from "#kinds/kind.ts";
import type { KindId } from "#kinds/object.ts";
import type { Fragment, SecretRef } from "#model/fragment.ts";
import type { WantedIssuer } from "#model/wanted-certificate.ts";
import type { SupportRow } from "./common/support.ts";
import type { WorldIndex } from "./world-indexes.ts";

/** Whether the Secret behind a reference can be used for what it is there for. */
export type SecretState =
  | { readonly state: "usable" }
  | { readonly state: "missing" }
  | { readonly state: "broken"; readonly problem: string };

/** All objects known now, read one by one: what a translation reads is what has it run again. */
export interface World {
  readonly get: <T>(kind: Kind<T>, namespace: string, name: string) => Known<T> | undefined;
  /** The names (`formatKey`) of the objects that an index of `world-indexes.ts` files under a key. */
  readonly filed: (index: string, key: string) => ReadonlySet<string>;
  /** As what handshakes are answered with. */
  readonly certificate: (ref: SecretRef) => SecretState;
  /** As those by whom certificates are verified. */
  readonly authorities: (ref: SecretRef) => SecretState;
}

/** Gate-wide settings that dialects read. */
export interface DialectSettings {
  /** Class names served without an IngressClass of ours; `all` also takes objects that name no class. */
  readonly servedClasses: "all" | readonly string[];
  /** Where NGINX Ingress Controller's own settings are. Default: the place that its manifests give them. */
  readonly nginxConfigMap?: { readonly namespace: string; readonly name: string } | undefined;
  /** The GlobalConfiguration in force. Default: the oldest. */
  readonly nginxGlobalConfiguration?:
    | { readonly namespace: string; readonly name: string }
    | undefined;
  /** Who issues for an Ingress that asks for certificates without naming an issuer. Default: nobody. */
  readonly defaultIssuer?: WantedIssuer | undefined;
  /** By which annotations an Ingress asks so. Default: none. */
  readonly autoCertificateAnnotations?: readonly string[];
  /** Which annotations of an Ingress its Certificates have, too. Default: none. */
  readonly extraCertificateAnnotations?: readonly string[];
}

/** What of them says how an Ingress asks for certificates. */
export type AutoCertificates = Pick<
  DialectSettings,
  "defaultIssuer" | "autoCertificateAnnotations" | "extraCertificateAnnotations"
>;

export interface Dialect {
  readonly name: string;
  /** The kinds whose objects it translates; at most one of the dialects that share a kind takes whatever the others do not. */
  readonly kinds: readonly KindId[];
  /** Tracked. Whether an object of these kinds is this dialect's. Default: all are that no other dialect takes. */
  readonly takes?: (object: Known<unknown>, world: World, settings: DialectSettings) => boolean;
  /** Every field and annotation of these kinds that the upstream knows; also annotations of others. */
  readonly support: readonly SupportRow[];
  /** Under which keys it has objects filed, besides `world-indexes.ts`. */
  readonly indexes: readonly WorldIndex[];
  /** Never throws for bad input: what is wrong is in the fragment's findings. */
  readonly translate: (object: Known<unknown>, world: World, settings: DialectSettings) => Fragment;
  /** What stands in when {@link translate} has a bug: 500 on the object's own routes, as far as they can be told. */
  readonly refuse: (object: Known<unknown>, problem: string) => Fragment;
}
