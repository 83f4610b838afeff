/** What a file shows to others: used by them, said in a line, and called without a bare true or false. */

import type { Sources } from "./sources.ts";
import { isTestFile, namesImportedFrom, targetOf, typeScriptIn } from "./sources.ts";

interface Export {
  readonly path: string;
  readonly name: string;
  readonly isType: boolean;
  /** Whether a doc comment ends in the line before. */
  readonly isTold: boolean;
  /** Named anywhere else in its own file. */
  readonly isUsedAtHome: boolean;
}

const declaration = /^export (?:async )?(function\*?|class|const|let|interface|type) (\w+)/;

function exportsOf(path: string, text: string): readonly Export[] {
  const lines = text.split("\n");
  return lines.flatMap((line, index) => {
    const [, form = "", name = ""] = declaration.exec(line) ?? [];
    if (name === "") return [];
    return [
      {
        path,
        name,
        isType: form === "interface" || form === "type",
        isTold: /\*\/\s*$/.test(lines[index - 1] ?? ""),
        isUsedAtHome: text.split(new RegExp(`\\b${name}\\b`)).length > 2,
      },
    ];
  });
}

/** `path name` → the files that import it. */
function findImporters(sources: Sources): ReadonlyMap<string, ReadonlySet<string>> {
  const importers = new Map<string, Set<string>>();
  const files = ["src", "test", "tools", "examples"].flatMap((folder) =>
    typeScriptIn(sources, folder, "with tests"),
  );
  for (const [path, text] of files) {
    for (const { specifier, name } of namesImportedFrom(text)) {
      const key = `${targetOf(path, specifier)} ${name}`;
      importers.set(key, (importers.get(key) ?? new Set()).add(path));
    }
  }
  return importers;
}

/**
 * Exports of src that nobody needs: no other file imports them, or only tests do and the file itself does not use them
 * either. A type may be exported for the signatures in which it stands.
 */
export function findDeadExports(sources: Sources): readonly string[] {
  const importers = findImporters(sources);
  return typeScriptIn(sources, "src", "without tests")
    .flatMap(([path, text]) => exportsOf(path, text))
    .flatMap(({ path, name, isType, isUsedAtHome }) => {
      const users = [...(importers.get(`${path} ${name}`) ?? [])];
      if (users.some((user) => !isTestFile(user)) || (isType && isUsedAtHome)) return [];
      if (users.length === 0) return [`${path} exports ${name}, which no other file uses`];
      return isUsedAtHome ? [] : [`${path} exports ${name}, which only tests use`];
    });
}

/** Exported functions and classes without a doc line; one a file may rely on the sentence that opens it. */
export function findUntoldExports(sources: Sources): readonly string[] {
  return typeScriptIn(sources, "src", "without tests").flatMap(([path, text]) => {
    const untold = exportsOf(path, text).filter(({ name, isType, isTold }) => {
      const isValue = new RegExp(`^export const ${name}\\b`, "m").test(text);
      return !isType && !isTold && !isValue;
    });
    return untold.slice(1).map(({ name }) => `${path} does not say what ${name} is`);
  });
}

/** The parameter lists of exported functions, of methods that are not private, and of members that are functions. */
const signatures: readonly RegExp[] = [
  /^export (?:async )?function\*? (?<name>\w+)(?:<[^(]*>)?\((?<list>[^()]*(?:\([^()]*\)[^()]*)*)\)/gm,
  /^ {2}(?:async |static )*(?<name>\w+)\((?<list>[^()]*(?:\([^()]*\)[^()]*)*)\)(?:: [^{;]*)? \{$/gm,
  /^ +readonly (?<name>\w+)\??: \((?<list>[^()]*(?:\([^()]*\)[^()]*)*)\) =>/gm,
];

/** `f(x, true)` does not say what is true: with more than one parameter a boolean belongs into a record, or is a choice of words. */
export function findBooleanArguments(sources: Sources): readonly string[] {
  return typeScriptIn(sources, "src", "without tests").flatMap(([path, text]) =>
    signatures.flatMap((signature) =>
      [...text.matchAll(signature)]
        .filter(({ groups }) => hasBareBoolean(groups?.["list"] ?? ""))
        .map(({ groups }) => `${path} has ${groups?.["name"]} take a boolean by position`),
    ),
  );
}

function hasBareBoolean(list: string): boolean {
  const flat = list.replaceAll(/\{[^{}]*\}|\([^()]*\)|<[^<>]*>/g, "_");
  const parameters = flat.split(",").filter((parameter) => parameter.trim() !== "");
  return (
    parameters.length > 1 && parameters.some((one) => /\w\??: boolean\b|= (true|false)\b/.test(one))
  );
}
