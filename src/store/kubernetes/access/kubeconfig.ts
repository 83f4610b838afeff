/** Kubeconfig files as kubectl reads them: several merged into one, and of that the parts that a context names. */

import path from "node:path";
import { isJsonObject, type Json, type JsonObject } from "#base/json.ts";
import { readYaml } from "#base/yaml/read-yaml.ts";
import { StoreError } from "../../object-store.ts";

export interface KubeconfigFile {
  readonly path: string;
  readonly text: string;
}

/** An entry, with the directory that its relative paths start from. */
export interface KubeconfigEntry {
  readonly value: JsonObject;
  readonly directory: string;
}

export interface ChosenContext {
  readonly name: string;
  readonly cluster: KubeconfigEntry;
  /** Absent: nobody in particular. */
  readonly user: KubeconfigEntry | undefined;
  readonly namespace: string;
}

type Section = "clusters" | "users" | "contexts";
const sections: readonly Section[] = ["clusters", "users", "contexts"];

/**
 * What `context`, or the current one, names. Of entries with one name the first counts, as does the first
 * `current-context` (Kubernetes documentation, "Merging kubeconfig files"). Throws StoreError `invalid`.
 */
export function chooseContext(
  files: readonly KubeconfigFile[],
  context: string | undefined,
): ChosenContext {
  const entries = new Map<string, KubeconfigEntry>();
  let current = "";
  for (const file of files) {
    const config = parseFile(file);
    const named = config["current-context"];
    if (current === "" && typeof named === "string") current = named;
    for (const section of sections) addEntries(entries, section, config, path.dirname(file.path));
  }
  const name = context ?? current;
  const from = files.map((file) => file.path).join(", ");
  if (name === "") throw invalid(`${from} has no current context; name one`);
  const find = (section: Section, wanted: Json | undefined): KubeconfigEntry => {
    const entry = entries.get(`${section}/${wanted}`);
    if (entry === undefined)
      throw invalid(`${from}: there is no entry "${wanted}" among its ${section}`);
    return entry;
  };
  const { cluster, user, namespace } = find("contexts", name).value;
  return {
    name,
    cluster: find("clusters", cluster),
    user: user === undefined || user === "" ? undefined : find("users", user),
    namespace: typeof namespace === "string" && namespace !== "" ? namespace : "default",
  };
}

function parseFile({ path: name, text }: KubeconfigFile): JsonObject {
  const read = readYaml(text);
  // The reason may quote what is in the file, which holds keys.
  if (!read.ok) throw invalid(`${name} is no YAML (at character ${read.error.offset})`);
  if (read.value.value === null) return {};
  if (!isJsonObject(read.value.value)) throw invalid(`${name} is no kubeconfig`);
  return read.value.value as JsonObject;
}

function addEntries(
  entries: Map<string, KubeconfigEntry>,
  section: Section,
  config: JsonObject,
  directory: string,
): void {
  const listed = config[section];
  if (!Array.isArray(listed)) return;
  const singular = section.slice(0, -1);
  for (const item of listed as readonly Json[]) {
    if (!isJsonObject(item)) continue;
    const { name, [singular]: value } = item as JsonObject;
    const key = `${section}/${name}`;
    if (entries.has(key)) continue;
    entries.set(key, { value: isJsonObject(value) ? (value as JsonObject) : {}, directory });
  }
}

function invalid(message: string): StoreError {
  return new StoreError("invalid", message);
}
