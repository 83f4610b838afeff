/** Reads the repository's own files as data for the architecture rules. */

import { globSync, readFileSync, statSync } from "node:fs";
import { join, posix } from "node:path";

/** Path from the root of the repository → text. */
export type Sources = ReadonlyMap<string, string>;

const notOurs = /^(node_modules|gen|dist|coverage|\.git|\.bring\.lock[^/]*)(\/|$)/;
const binary = /\.(binpb|png|p12|jks|der|gz)$/;
const maxBytes = 2_000_000;

/** All text files of the repository but what tools make. */
export function readSources(root: string): Sources {
  const files = globSync("**/*", { cwd: root, exclude: (path) => notOurs.test(path) });
  const hidden = globSync(".ci/*", { cwd: root });
  const wanted = [...files, ...hidden].filter((file) => {
    const status = statSync(join(root, file), { throwIfNoEntry: false });
    return status?.isFile() === true && status.size < maxBytes && !binary.test(file);
  });
  return new Map(wanted.sort().map((file) => [file, readFileSync(join(root, file), "utf8")]));
}

/** True for files that only tests load: they may use everything a test may. */
export function isTestFile(path: string): boolean {
  return (
    path.startsWith("test/") ||
    /\.(test|fixture)\.ts$/.test(path) ||
    /(^|\/)contract(-\w+)?\.ts$/.test(path)
  );
}

/** The TypeScript files under `folder` (`src`), tests included or not. */
export function typeScriptIn(
  sources: Sources,
  folder: string,
  tests: "with tests" | "without tests",
): readonly (readonly [path: string, text: string])[] {
  return [...sources].filter(
    ([path]) =>
      path.startsWith(`${folder}/`) &&
      path.endsWith(".ts") &&
      (tests === "with tests" || !isTestFile(path)),
  );
}

/** Lines that hold code, numbered from 1: those that only hold a comment are left out. */
export function codeLines(text: string): readonly (readonly [line: number, text: string])[] {
  return text
    .split("\n")
    .map((line, index) => [index + 1, line] as const)
    .filter(([, line]) => !/^\s*(\/\/|\/\*|\*)/.test(line));
}

/** What a file imports, each once, dynamic imports and re-exports included, as written. */
export function importsOf(text: string): readonly string[] {
  const code = codeLines(text)
    .map(([, line]) => line)
    .join("\n");
  const forms = /(?:\bfrom\s*|\bimport\s*\(?\s*|\brequire\s*\(\s*)["']([^"'\n]+)["']/g;
  return [...new Set([...code.matchAll(forms)].map((match) => match[1] ?? ""))];
}

/** Where an import leads, as a path from the root; undefined for packages and Node's modules. */
export function targetOf(from: string, specifier: string): string | undefined {
  if (specifier.startsWith("#gen/")) return specifier.slice(1);
  if (specifier.startsWith("#test/")) return specifier.slice(1);
  if (specifier.startsWith("#")) return `src/${specifier.slice(1)}`;
  if (specifier.startsWith(".")) return posix.join(posix.dirname(from), specifier);
  return undefined;
}

export interface ImportedName {
  readonly specifier: string;
  /** As it is called where it comes from. */
  readonly name: string;
}

/** The names that a file imports from elsewhere, types included. */
export function namesImportedFrom(text: string): readonly ImportedName[] {
  const forms = /\bimport\s+(?:type\s+)?\{([^}]*)\}\s*from\s*"([^"]+)"/g;
  return [...text.matchAll(forms)].flatMap(([, list = "", specifier = ""]) =>
    list
      .split(",")
      .map((entry) => /^(?:type\s+)?(\w+)/.exec(entry.trim())?.[1])
      .flatMap((name) => (name === undefined ? [] : [{ specifier, name }])),
  );
}
