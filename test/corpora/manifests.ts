/** Manifests of other projects: every file below a folder of the corpora, as the directory source reads it. */

import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import type { JsonObject } from "#base/json.ts";
import type { KubeObject } from "#kinds/object.ts";
import { recognise } from "#kinds/recognise.ts";
import { parseManifests } from "#sources/directory/manifest.ts";
import { storedObject } from "#test/documents/stored-object.ts";

export interface ManifestFile {
  /** Below the folder. */
  readonly name: string;
  /** Of kinds that are read here. */
  readonly objects: readonly KubeObject[];
}

/** Why tests over a corpus are skipped; false: they are not. */
export const skipWithoutCorpora =
  corpora() === undefined ? "SEKISHO_CORPORA names no folder of other projects' manifests" : false;

/** All files of a corpus; throws when the folder of the corpora does not hold it. */
export function readCorpus(corpus: string): readonly ManifestFile[] {
  const root = corpora();
  if (root === undefined) return [];
  const folder = path.join(root, corpus);
  const names = globSync("**/*.{yaml,yml}", { cwd: folder }).sort();
  if (names.length === 0) throw new Error(`${folder} holds no manifests: correct SEKISHO_CORPORA`);
  return names.map((name) => ({ name, objects: objectsIn(path.join(folder, name)) }));
}

function objectsIn(file: string): readonly KubeObject[] {
  const { documents } = parseManifests(readFileSync(file), file);
  return documents.flatMap(({ value }) => {
    const { apiVersion, kind } = value as JsonObject;
    return recognise(`${apiVersion}`, `${kind}`) === undefined
      ? []
      : [storedObject(value as JsonObject)];
  });
}

function corpora(): string | undefined {
  return process.env["SEKISHO_CORPORA"] || undefined;
}
