/** Which parts of TypeScript the house uses, beyond what the compiler and lint can refuse. */

import type { Sources } from "./sources.ts";
import { codeLines, typeScriptIn } from "./sources.ts";

/** Something that is not done, but here, and why. */
export interface Exception {
  /** A file or folder under src. */
  readonly place: string;
  /** The name it is about; every name when absent. */
  readonly name?: string;
  readonly reason: string;
}

function isExcepted(exceptions: readonly Exception[], path: string, name: string): boolean {
  const inner = path.slice("src/".length);
  return exceptions.some(
    (exception) =>
      (inner === exception.place || inner.startsWith(`${exception.place}/`)) &&
      (exception.name === undefined || exception.name === name),
  );
}

/** Exceptions that nothing needs any more. */
export function findUnusedExceptions(
  find: (exceptions: readonly Exception[]) => readonly string[],
  exceptions: readonly Exception[],
): readonly string[] {
  return exceptions
    .filter((exception) => {
      const others = exceptions.filter((other) => other !== exception);
      return find(others).length === find(exceptions).length;
    })
    .map(({ place, name }) => `nothing in src/${place} needs ${name ?? "its exception"}`);
}

const variable = /^(?:export )?let (\w+)/;
const container =
  /^(?:export )?const (\w+)(?!: [Rr]eadonly)(?:: [^=]+)? = (?:new (?:Map|Set|WeakMap|WeakSet|Array)\b|\[\];|\{\};)/;

/** What can change at the top of a file: everybody who imports it shares it, tests among them. Tables are typed as read-only. */
export function findModuleState(
  sources: Sources,
  exceptions: readonly Exception[],
): readonly string[] {
  return typeScriptIn(sources, "src", "without tests").flatMap(([path, text]) =>
    codeLines(text).flatMap(([number, line]) => {
      const name = (variable.exec(line) ?? container.exec(line))?.[1];
      const fine = name === undefined || isExcepted(exceptions, path, name);
      return fine ? [] : [`${path}:${number} keeps state in ${name} at the top of the file`];
    }),
  );
}

/** A cast over unknown tells the compiler to believe anything. */
export function findDoubleCasts(
  sources: Sources,
  exceptions: readonly Exception[],
): readonly string[] {
  return typeScriptIn(sources, "src", "without tests").flatMap(([path, text]) =>
    codeLines(text)
      .filter(([, line]) => /\bas (unknown|any|never) as\b/.test(line))
      .filter(() => !isExcepted(exceptions, path, ""))
      .map(([number]) => `${path}:${number} casts over unknown`),
  );
}

const forms: readonly { readonly pattern: RegExp; readonly what: string }[] = [
  { pattern: /^\s*(private|protected|public|abstract)\s+\w/, what: "hides by a keyword, not by #" },
  { pattern: /\bclass \w+(<[^>]*>)? extends (?!Error\b)/, what: "inherits" },
  { pattern: /^\s*@\w+(\(.*\))?\s*$/, what: "decorates" },
  {
    pattern: /(?<!: (unknown|Json) = )\bJSON\.parse\((?!.* as \w)/,
    what: "lets data of any type out of JSON.parse",
  },
];

/** Forms that compile and are not used here. */
export function findForeignForms(sources: Sources): readonly string[] {
  return typeScriptIn(sources, "src", "without tests").flatMap(([path, text]) =>
    codeLines(text).flatMap(([number, line]) =>
      forms
        .filter(({ pattern }) => pattern.test(line))
        .map(({ what }) => `${path}:${number} ${what}`),
    ),
  );
}

/** Orders to the compiler or lint to look away: the compiler's never, lint's with a reason in words. */
export function findSilencedTools(sources: Sources): readonly string[] {
  return ["src", "test", "tools"]
    .flatMap((folder) => typeScriptIn(sources, folder, "with tests"))
    .filter(([path]) => !path.startsWith("test/architecture/"))
    .flatMap(([path, text]) =>
      text.split("\n").flatMap((line, index) => {
        const compiler = /@ts-(ignore|expect-error|nocheck)\b/.test(line);
        const lint =
          /\bbiome-ignore/.test(line) && !/biome-ignore lint\/\S+: (\S+ ){2,}/.test(line);
        return compiler || lint ? [`${path}:${index + 1} silences a tool without a reason`] : [];
      }),
    );
}

/** Options of the compiler that are not set as the house style wants them. */
export function findSlackOptions(
  sources: Sources,
  wanted: Readonly<Record<string, unknown>>,
): readonly string[] {
  const { compilerOptions } = JSON.parse(sources.get("tsconfig.json") ?? "{}") as {
    readonly compilerOptions?: Readonly<Record<string, unknown>>;
  };
  return Object.entries(wanted)
    .filter(([name, value]) => compilerOptions?.[name] !== value)
    .map(([name, value]) => `tsconfig.json does not set ${name} to ${String(value)}`);
}
