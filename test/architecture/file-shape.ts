/** What a single source file must look like. */

import type { Sources } from "./sources.ts";
import { codeLines, isTestFile } from "./sources.ts";

const maxLines = 400;
const ours = /^(src|test|tools)\/.*\.(ts|mjs)$/;
const vagueNames = new Set([
  "utils",
  "util",
  "helpers",
  "helper",
  "misc",
  "types",
  "shared",
  "lib",
]);

function ourFiles(sources: Sources): readonly (readonly [path: string, text: string])[] {
  return [...sources].filter(([path]) => ours.test(path));
}

/** Lines of `files` that match, as `path:line what`; the bad samples of these rules are not looked at. */
function findLines(
  files: readonly (readonly [path: string, text: string])[],
  pattern: RegExp,
  what: string,
): readonly string[] {
  const judged = files.filter(([path]) => !path.startsWith("test/architecture/"));
  return judged.flatMap(([path, text]) =>
    codeLines(text)
      .filter(([, line]) => pattern.test(line))
      .map(([number]) => `${path}:${number} ${what}`),
  );
}

export function findLongFiles(sources: Sources): readonly string[] {
  return ourFiles(sources)
    .map(([path, text]) => [path, text.split("\n").length - 1] as const)
    .filter(([, count]) => count > maxLines)
    .map(([path, count]) => `${path} has ${count} lines, more than ${maxLines}`);
}

/** The first paragraph of the doc comment that a file opens with, without its stars. */
function openingOf(text: string): string {
  const comment = /^\/\*\*([\s\S]*?)\*\//.exec(text)?.[1] ?? "";
  const paragraphs = comment
    .replaceAll(/^[ \t]*\*? ?/gm, "")
    .trim()
    .split(/\n\s*\n/);
  return paragraphs[0] ?? "";
}

/** Files that do not open with a sentence in a doc comment; tests say what they are about in their names. */
export function findMissingOpenings(sources: Sources): readonly string[] {
  return ourFiles(sources)
    .filter(([path]) => !/\.test\.ts$/.test(path))
    .filter(([, text]) => !/^\S+ \S[\s\S]*[.:;?!)]$/.test(openingOf(text)))
    .map(([path]) => `${path} does not open with a sentence in a doc comment`);
}

export function findVagueNames(sources: Sources): readonly string[] {
  return ourFiles(sources)
    .map(([path]) => path)
    .filter((path) => path.split("/").some((part) => vagueNames.has(part.replace(/\..*$/, ""))))
    .map((path) => `${path} does not name a thing`);
}

export function findDefaultExports(sources: Sources): readonly string[] {
  return findLines(ourFiles(sources), /^\s*export default\b/, "has a default export");
}

/** Re-exports make barrels; `all.ts` lists are data. */
export function findReExports(sources: Sources): readonly string[] {
  return ourFiles(sources)
    .filter(([, text]) => /^export\s+(type\s+)?(\*[^"';]*|\{[^}]*\})\s*from\b/m.test(text))
    .map(([path]) => `${path} re-exports`);
}

/** Errors of the outside world say by `code` and `retryable` what a caller may do; those of a command end it. */
export function findUncodedErrors(sources: Sources): readonly string[] {
  return ourFiles(sources)
    .filter(
      ([path]) => path.startsWith("src/") && !path.startsWith("src/cli/") && !isTestFile(path),
    )
    .filter(([, text]) => /\bextends Error\b/.test(text))
    .filter(([, text]) => !/\bcode\b/.test(text) || !/\bretryable\b/.test(text))
    .map(([path]) => `${path} has an error class without code and retryable`);
}

/** Translators are pure: they never throw, wait or log; what is wrong with input is a finding. */
export function findImpureTranslators(sources: Sources): readonly string[] {
  const pure = ourFiles(sources).filter(
    ([path]) => /^src\/(dialects|model|kinds|envoy)\//.test(path) && !isTestFile(path),
  );
  const translators = pure.filter(([path]) => /^src\/dialects\/[^/]+\//.test(path));
  return [
    ...findLines(pure, /(?<![.\w"'`-])(async|await)\s|\bnew Promise\b|\bPromise</, "waits"),
    ...findLines(translators, /^\s*throw\b|[;{})]\s*throw\s/, "throws"),
  ];
}

/** Order must not depend on the locale of the machine: base/compare.ts decides. */
export function findLocaleOrders(sources: Sources): readonly string[] {
  return findLines(ourFiles(sources), /\.localeCompare\(|\bIntl\.Collator\b/, "sorts by locale");
}

/** Tests advance a manual clock or wait for an event; they do not sleep. */
export function findSleepingTests(sources: Sources): readonly string[] {
  const tests = ourFiles(sources).filter(([path]) => /\.test\.ts$/.test(path));
  return findLines(
    tests,
    /(?<![.\w])setTimeout\(|setTimeout\b.*"node:timers|\bsleepSync\(/,
    "sleeps",
  );
}
