/** Reads the repository's own files as data for the architecture rules. */

import { globSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

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
    /(^|\/)contract\.ts$/.test(path)
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
