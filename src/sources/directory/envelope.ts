/**
 * A raw object → a draft: apiVersion, kind and metadata checked as kubectl and the API server check them.
 *
 * What the API server assigns (uid, generation …) and the status are left out: an object exported from a cluster can
 * be served as it is.
 */

import type { Severity } from "#base/finding.ts";
import { isJsonObject, type Json, type JsonObject } from "#base/json.ts";
import { joinPath } from "#base/schema.ts";
import { kindId, type ObjectKey, type OwnerReference } from "#kinds/object.ts";
import type { Draft } from "#store/object-store.ts";
import type { RecognisedKind } from "./source-object.ts";

/** Something about one field of an object. */
export interface EnvelopeProblem {
  readonly severity: Severity;
  readonly reason: string;
  readonly path: string;
  readonly message: string;
  readonly advice: string;
}

export interface Envelope {
  /** Undefined when the object has an error: it is refused, as the API server would refuse it. */
  readonly draft: Draft | undefined;
  /** Undefined when not even the name is known. */
  readonly key: ObjectKey | undefined;
  readonly problems: readonly EnvelopeProblem[];
}

const assigned = [
  "uid",
  "resourceVersion",
  "creationTimestamp",
  "generation",
  "managedFields",
  "selfLink",
  "deletionTimestamp",
  "deletionGracePeriodSeconds",
];
const known: ReadonlySet<string> = new Set([
  "name",
  "namespace",
  "generateName",
  "labels",
  "annotations",
  "finalizers",
  "ownerReferences",
  ...assigned,
]);

/** Reads the envelope of an object of a claimed kind; apiVersion and kind are texts. */
export function readEnvelope(
  raw: JsonObject,
  about: { readonly apiVersion: string; readonly kind: string },
  recognised: RecognisedKind,
): Envelope {
  const problems: EnvelopeProblem[] = [];
  const reader = new MetadataReader(raw["metadata"], problems);
  const name = reader.name();
  const namespace = reader.namespace(recognised.namespaced);
  const metadata = {
    name: name ?? "",
    namespace,
    ...present("labels", reader.texts("labels")),
    ...present("annotations", reader.texts("annotations")),
    ...present("finalizers", reader.finalizers()),
    ...present("ownerReferences", reader.owners()),
  };
  reader.noteOthers();
  noteStatus(raw, problems);
  const refused = problems.some(({ severity }) => severity === "error");
  const kind = kindId(about.apiVersion, about.kind);
  return {
    key: name === undefined ? undefined : { kind, namespace, name },
    draft: refused ? undefined : { ...about, metadata, body: bodyOf(raw) },
    problems,
  };
}

function present<K extends string, T>(name: K, value: T | undefined): { readonly [P in K]?: T } {
  return value === undefined ? {} : ({ [name]: value } as { readonly [P in K]?: T });
}

const envelopeFields: ReadonlySet<string> = new Set(["apiVersion", "kind", "metadata", "status"]);

function bodyOf(raw: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(raw).filter(([name]) => !envelopeFields.has(name)));
}

function noteStatus(raw: JsonObject, problems: EnvelopeProblem[]): void {
  if (raw["status"] === undefined || raw["status"] === null) return;
  problems.push({
    severity: "info",
    reason: "StatusIgnored",
    path: "status",
    message: "A status in a file is not read: controllers write it.",
    advice: "Remove it to be rid of this note.",
  });
}

class MetadataReader {
  readonly #metadata: JsonObject;
  readonly #problems: EnvelopeProblem[];

  constructor(metadata: Json | undefined, problems: EnvelopeProblem[]) {
    this.#problems = problems;
    this.#metadata = isJsonObject(metadata) ? metadata : {};
    if (isJsonObject(metadata) || metadata === undefined || metadata === null) return;
    this.#refuse(
      "metadata",
      "metadata must be a mapping",
      "Write 'metadata:' and below it 'name:'",
    );
  }

  #refuse(path: string, problem: string, advice: string): undefined {
    const message = `The object is not taken: ${problem}.`;
    const finding = { severity: "error", reason: "InvalidObject", path, message } as const;
    this.#problems.push({ ...finding, advice: `${advice}.` });
    return undefined;
  }

  /** The field's value; null counts as absent. */
  #field(name: string): Json | undefined {
    const value = Object.hasOwn(this.#metadata, name) ? this.#metadata[name] : undefined;
    return value === null ? undefined : value;
  }

  name(): string | undefined {
    const name = this.#field("name");
    if (typeof name === "string" && isPathSegment(name)) return name;
    const path = "metadata.name";
    if (name !== undefined && name !== "") {
      const problem =
        typeof name === "string"
          ? "a name is not '.' or '..', has no '/' and no '%', and is at most 253 characters long"
          : "metadata.name must be text";
      return this.#refuse(path, problem, "Correct the name, or quote it");
    }
    if (this.#field("generateName") === undefined) {
      return this.#refuse(path, "it has no metadata.name", "Give it a name");
    }
    const problem = "metadata.generateName makes a new object each time it is read";
    return this.#refuse("metadata.generateName", problem, "Give it a metadata.name instead");
  }

  namespace(namespaced: boolean): string {
    const namespace = this.#field("namespace") ?? "";
    const path = "metadata.namespace";
    if (typeof namespace !== "string") {
      this.#refuse(path, "metadata.namespace must be text", "Quote it");
      return "";
    }
    if (!namespaced) {
      if (namespace !== "") this.#noteClusterScoped(path);
      return "";
    }
    if (namespace !== "" && !/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(namespace)) {
      const problem = "a namespace has lower-case letters, digits and '-' only, 63 at most";
      this.#refuse(path, problem, "Correct the namespace");
    }
    return namespace === "" ? "default" : namespace;
  }

  #noteClusterScoped(path: string): void {
    this.#problems.push({
      severity: "warning",
      reason: "NamespaceIgnored",
      path,
      message:
        "Objects of this kind are in no namespace: the one given is ignored, as with kubectl.",
      advice: "Remove metadata.namespace.",
    });
  }

  /** Labels and annotations: null is the empty text, as in Go; numbers and booleans are refused. */
  texts(name: "labels" | "annotations"): Readonly<Record<string, string>> | undefined {
    const value = this.#field(name);
    const path = `metadata.${name}`;
    if (value === undefined) return undefined;
    if (!isJsonObject(value)) return this.#refuse(path, `${path} must be a mapping`, "Correct it");
    const entries: [string, string][] = [];
    for (const [key, entry] of Object.entries(value)) {
      if (typeof entry === "string" || entry === null) entries.push([key, entry ?? ""]);
      else {
        const problem = `the values of ${path} must be text, but this is ${describe(entry)}`;
        this.#refuse(joinPath(path, key), problem, "Put the value in quotes");
      }
    }
    return Object.fromEntries(entries);
  }

  finalizers(): readonly string[] | undefined {
    const value = this.#field("finalizers");
    if (value === undefined) return undefined;
    if (Array.isArray(value) && value.every((entry) => typeof entry === "string")) return value;
    const path = "metadata.finalizers";
    return this.#refuse(path, `${path} must be a list of texts`, "Correct it");
  }

  owners(): readonly OwnerReference[] | undefined {
    const value = this.#field("ownerReferences");
    if (value === undefined) return undefined;
    const path = "metadata.ownerReferences";
    const advice = "Correct it";
    if (!Array.isArray(value)) return this.#refuse(path, `${path} must be a list`, advice);
    const owners: OwnerReference[] = [];
    for (const [index, entry] of value.entries()) {
      const owner = readOwner(entry as Json);
      const problem = "an owner has an apiVersion, kind, name and uid";
      if (owner === undefined) this.#refuse(`${path}[${index}]`, problem, advice);
      else owners.push(owner);
    }
    return owners;
  }

  /** Fields that are not read: assigned by us, or unknown. */
  noteOthers(): void {
    const names = Object.keys(this.#metadata).filter((name) => this.#field(name) !== undefined);
    const ignored = names.filter((name) => assigned.includes(name));
    if (ignored.length > 0) {
      const fields = ignored.join(", ");
      this.#problems.push({
        severity: "info",
        reason: "AssignedFieldIgnored",
        path: `metadata.${ignored[0]}`,
        message: `What is written in metadata is not read where Sekisho assigns it: ${fields}.`,
        advice: "Remove these fields to be rid of this note.",
      });
    }
    for (const name of names.filter((candidate) => !known.has(candidate))) {
      this.#problems.push({
        severity: "warning",
        reason: "UnknownField",
        path: joinPath("metadata", name),
        message: "metadata has no such field: it is ignored.",
        advice: "Correct its name or its indentation, or remove it.",
      });
    }
  }
}

/** What every kind's names must be (ValidatePathSegmentName); kinds with stricter rules check them themselves. */
function isPathSegment(name: string): boolean {
  return name !== "" && name !== "." && name !== ".." && name.length <= 253 && !/[/%]/.test(name);
}

function describe(value: Json | undefined): string {
  if (Array.isArray(value)) return "a list";
  if (isJsonObject(value)) return "a mapping";
  return `the ${typeof value} ${String(value)}`;
}

function readOwner(value: Json): OwnerReference | undefined {
  if (!isJsonObject(value)) return undefined;
  const { apiVersion, kind, name, uid, controller } = value;
  if (typeof apiVersion !== "string" || typeof kind !== "string") return undefined;
  if (typeof name !== "string" || typeof uid !== "string") return undefined;
  return { apiVersion, kind, name, uid, ...(controller === true ? { controller } : {}) };
}
