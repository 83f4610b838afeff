/** The published walkthroughs: their manifests lie beside this repository, in the folder that SEKISHO_WALKTHROUGHS names. */

import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const folder = process.env["SEKISHO_WALKTHROUGHS"];

/** Why walkthroughs cannot be walked here; false when they can. */
export const skipped =
  folder === undefined || folder === ""
    ? "SEKISHO_WALKTHROUGHS names no folder of manifests"
    : false;

export interface WalkthroughDirectory extends Disposable {
  /** What the gate is given. */
  readonly manifests: string;
  /** Adds a manifest of ours: JSON is YAML. */
  readonly add: (file: string, manifest: object) => void;
  /** A file that is no manifest; returns its path. */
  readonly keep: (file: string, content: string) => string;
}

/** A directory with these manifests of a walkthrough, unchanged; gone after disposal. */
export function walk(name: string, ...files: readonly string[]): WalkthroughDirectory {
  const directory = mkdtempSync(join(tmpdir(), "sekisho-walkthrough-"));
  const manifests = join(directory, "manifests");
  mkdirSync(manifests);
  for (const file of files) cpSync(join(folder ?? "", name, file), join(manifests, file));
  return {
    manifests,
    add: (file, manifest) => writeFileSync(join(manifests, file), JSON.stringify(manifest)),
    keep: (file, content) => {
      const path = join(directory, file);
      writeFileSync(path, content);
      return path;
    },
    [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }),
  };
}
