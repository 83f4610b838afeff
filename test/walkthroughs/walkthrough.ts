/** The published walkthroughs: their manifests lie beside this repository, in the folder that SEKISHO_WALKTHROUGHS names. */

import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { RunningSekisho } from "#test/system/harness/sekisho.ts";

const run = promisify(execFile);

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
  /** Adds a manifest of the walkthrough with what its reader would fill in: text in it → text in its place. */
  readonly fill: (file: string, values: Readonly<Record<string, string>>) => void;
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
    fill: (file, values) => {
      let text = readFileSync(join(folder ?? "", name, file), "utf8");
      for (const [placeholder, value] of Object.entries(values)) {
        if (!text.includes(placeholder)) throw new Error(`${file} does not hold ${placeholder}`);
        text = text.replaceAll(placeholder, value);
      }
      writeFileSync(join(manifests, file), text);
    },
    keep: (file, content) => {
      const path = join(directory, file);
      writeFileSync(path, content);
      return path;
    },
    [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }),
  };
}

/** curl as the reader would type it, with the ports of a gate in the place of 80 and 443; what it printed. */
export async function curlAt(
  { httpPort, httpsPort }: RunningSekisho,
  ...args: readonly string[]
): Promise<string> {
  const ports = [`:443:127.0.0.1:${httpsPort}`, `:80:127.0.0.1:${httpPort}`];
  const here = ports.flatMap((ends) => ["--connect-to", ends]);
  return (await run("curl", ["-sS", "-q", "--noproxy", "*", ...here, ...args])).stdout;
}
