/** Whose the definition of a kind is, and whether we can read what it serves: pure functions of the object in the cluster. */

import type { JsonObject } from "#base/json.ts";
import { objectAt, objectsAt, textAt } from "#base/json-path.ts";
import { type DefinedKind, ourDefinition } from "#kinds/custom-resource-definition.ts";

export interface FoundDefinition {
  /** `ours` is what we, or somebody with kubectl, applied of our definitions, and nobody else keeps. */
  readonly owner: "ours" | "another";
  /** Who keeps it, as its field managers and labels say. */
  readonly keeper: string;
  readonly served: readonly string[];
  /** Whether the version that we read is served. */
  readonly isReadable: boolean;
}

const ourManager = "sekisho";

/** What is known of a definition that is there. */
export function inspectDefinition(kind: DefinedKind, definition: JsonObject): FoundDefinition {
  const served = objectsAt(definition, "spec", "versions")
    .filter((version) => version["served"] === true)
    .map((version) => textAt(version, "name") ?? "");
  const others = managersOf(definition).filter((name) => name !== ourManager && !isByHand(name));
  const isOurs = Object.entries(ourDefinition).every(
    ([label, value]) => objectAt(definition, "metadata", "labels")?.[label] === value,
  );
  return {
    owner: isOurs && others.length === 0 ? "ours" : "another",
    keeper: keeperOf(definition, others),
    served,
    isReadable: served.includes(kind.version),
  };
}

/** Who wrote the definition itself; the API server writes its status. */
function managersOf(definition: JsonObject): readonly string[] {
  return objectsAt(definition, "metadata", "managedFields")
    .filter((entry) => textAt(entry, "subresource") === undefined)
    .map((entry) => textAt(entry, "manager") ?? "");
}

/** kubectl is no keeper: it applies what a person gives it, once. */
function isByHand(manager: string): boolean {
  return /^kubectl\b/.test(manager);
}

function keeperOf(definition: JsonObject, others: readonly string[]): string {
  const label = objectAt(definition, "metadata", "labels")?.["app.kubernetes.io/managed-by"];
  const release = objectAt(definition, "metadata", "annotations")?.["meta.helm.sh/release-name"];
  if (typeof release === "string") return `the Helm release ${release}`;
  if (others.length > 0) return others.join(", ");
  return typeof label === "string" ? label : "whoever applied it";
}
