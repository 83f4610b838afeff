/** What Sekisho knows about one kind of input object. */

import type { Severity } from "#base/finding.ts";
import type { Json, JsonObject } from "#base/json.ts";
import type { Parser, Problem } from "#base/schema.ts";
import type { KindId, KubeObject } from "./object.ts";

export interface Kind<T> {
  readonly id: KindId;
  /** Empty for the core group. */
  readonly group: string;
  /** The version the parser reads; {@link legacy} versions are converted to it when read. */
  readonly version: string;
  readonly kind: string;
  /** `ingresses` */
  readonly plural: string;
  readonly shortNames: readonly string[];
  readonly namespaced: boolean;
  /**
   * Other versions that are read (`networking.k8s.io/v1beta1`), each with the conversion of a whole raw object. The
   * conversion keeps what it does not understand where it is, so that the parser reports it.
   */
  readonly legacy: Readonly<Record<string, (raw: JsonObject) => JsonObject>>;
  /** Reads {@link KubeObject.body}. */
  readonly parse: Parser<T>;
  /** Fields that are read and deliberately have no effect; each use is a finding. */
  readonly withoutEffect: readonly FieldWithoutEffect[];
  /** What `get` prints between NAME and AGE, as kubectl prints it for this kind. */
  readonly columns: readonly Column<T>[];
  /** Absent: every Kubernetes serves the kind by itself. */
  readonly definition?: Definition;
}

/** What the CustomResourceDefinition of a kind says beside what follows from the kind. */
export interface Definition {
  /** A sentence for `kubectl explain`. */
  readonly description: string;
  /** Tells the status; absent: the kind has none. */
  readonly status?: Parser<unknown>;
  /** Older versions with the fields of this one: served, with a warning. */
  readonly retiredVersions?: readonly string[];
  /** Names under which kubectl gets several kinds, beside our own. */
  readonly categories?: readonly string[];
  /** What kubectl may select objects by, as in `.spec.issuerRef.name`. */
  readonly selectableFields?: readonly string[];
}

export interface FieldWithoutEffect {
  /** Below the object: `spec.sessionAffinity`, `spec.items[].field`. */
  readonly path: string;
  /** How grave it is that it has none. Default `info`. */
  readonly severity?: Severity;
  /** Values that ask for nothing: no finding. */
  readonly harmless?: readonly Json[];
  readonly reason: string;
  readonly advice: string;
}

export interface Column<T> {
  readonly title: string;
  /** Only with `-o wide`. */
  readonly wide?: boolean;
  /** Where the API server finds it, for kinds that we define: `.status.state`. */
  readonly jsonPath?: string;
  /** A method, so that a Kind of anything takes any Kind. */
  value(known: Known<T>): string;
}

/** An object of a kind we read, with its typed body; `value` is undefined when it could not be used at all. */
export interface Known<T> {
  readonly object: KubeObject;
  readonly value: T | undefined;
  readonly problems: readonly Problem[];
}

/** Parses the body of an object with its kind's parser. Never throws. */
export function read<T>(kind: Kind<T>, object: KubeObject): Known<T> {
  const problems: Problem[] = [];
  const value = kind.parse(object.body as Json, { path: "", problems });
  return { object, value, problems };
}
