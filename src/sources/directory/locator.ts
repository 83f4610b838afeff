/** Finds the line and column of a field by reading its document again; nothing is kept for objects nobody asks about. */

import type { Place } from "#base/origin.ts";
import { findOffset } from "#base/yaml/find-place.ts";
import type { YamlNode } from "#base/yaml/node.ts";
import { composeYaml } from "#base/yaml/read-yaml.ts";
import { createLineTable, type LineTable } from "./line-table.ts";
import type { ManifestLimits, ParsedDocument, ParsedFile } from "./manifest.ts";

/** A document without its value. */
type DocumentSpan = Omit<ParsedDocument, "value">;

/** One version of a file, as far as places in it may be asked for. */
export interface FileVersion {
  readonly file: string;
  readonly text: string;
  readonly documents: readonly DocumentSpan[];
}

export interface Locator {
  /** The place of `path` in a document, or of its nearest ancestor that is there. */
  readonly placeOf: (version: FileVersion, document: number, path: string) => Place;
}

/** What places are needed for later, without the values. */
export function versionOf(parsed: ParsedFile): FileVersion {
  const { file, text } = parsed;
  const documents = parsed.documents.map(({ index, start, end, language }) => {
    return { index, start, end, language };
  });
  return { file, text, documents };
}

/** Line tables kept; one is small beside its text. */
const keptTables = 16;
/** Documents kept; what asks for places asks for many of one document in a row. */
const keptDocuments = 4;

export function createLocator(limits: ManifestLimits): Locator {
  const tables = new RecentMap<FileVersion, LineTable>(keptTables);
  const roots = new RecentMap<DocumentSpan, YamlNode | undefined>(keptDocuments);

  const rootOf = (version: FileVersion, document: DocumentSpan): YamlNode | undefined =>
    roots.get(document, () => {
      const text = version.text.slice(document.start, document.end);
      const composed = composeYaml(text, limits, document.language);
      return composed.ok ? composed.value : undefined;
    });

  return {
    placeOf: (version, index, path) => {
      const table = tables.get(version, () => createLineTable(version.file, version.text));
      const document = findDocument(version, index);
      if (document === undefined) return table.placeAt(0);
      const root = rootOf(version, document);
      const offset = root === undefined ? 0 : findOffset(root, path);
      return table.placeAt(document.start + offset);
    },
  };
}

/** Remembers the values of the keys used last. */
class RecentMap<K, V> {
  readonly #values = new Map<K, V>();
  readonly #size: number;

  constructor(size: number) {
    this.#size = size;
  }

  get(key: K, make: () => V): V {
    const kept = this.#values.get(key);
    const value = kept ?? make();
    this.#values.delete(key);
    this.#values.set(key, value);
    const oldest = this.#values.keys().next();
    if (this.#values.size > this.#size && oldest.done !== true) this.#values.delete(oldest.value);
    return value;
  }
}

/** Documents are in the order of their indexes, some of which may be missing. */
function findDocument({ documents }: FileVersion, index: number): DocumentSpan | undefined {
  let low = 0;
  let high = documents.length - 1;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if ((documents[middle]?.index ?? 0) < index) low = middle + 1;
    else high = middle;
  }
  const found = documents[low];
  return found?.index === index ? found : undefined;
}
