/** Each lint rule of the house style is shown to fire: a rule that was renamed or switched off on an upgrade fails here. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";

const repository = join(import.meta.dirname, "..");

interface BadSample {
  /** Where the sample lies; `src/base/<rule>.ts` unless the rule is about names or places. */
  readonly file?: string;
  readonly text: string;
  /** Other files that the sample needs. */
  readonly beside?: Readonly<Record<string, string>>;
}

const lines = (count: number, line: string): string => `${line}\n`.repeat(count);

/** Rule name → code that it must reject. */
const samples: Readonly<Record<string, BadSample>> = {
  noBarrelFile: { text: `export { a } from "./other.ts";\n` },
  noCommonJs: { text: `export const a: unknown = require("node:path");\n` },
  noConsole: { text: `console.log("x");\n` },
  noDefaultExport: { text: `export default function f(): void {}\n` },
  noEmptyBlockStatements: {
    text: `export function f(): void {\n  try {\n    g();\n  } catch {}\n}\nfunction g(): void {\n  throw new Error("x");\n}\n`,
  },
  noEnum: { text: `export enum Colour {\n  Red,\n}\n` },
  noExcessiveLinesPerFile: { text: lines(401, "void 0;") },
  noExcessiveLinesPerFunction: {
    text: `export function f(): number {\n  let a = 0;\n${lines(60, "  a += 1;")}  return a;\n}\n`,
  },
  noExplicitAny: { text: `export const a: any = 1;\n` },
  noFloatingPromises: {
    text: `async function f(): Promise<void> {\n  await Promise.resolve();\n}\nexport function g(): void {\n  f();\n}\n`,
  },
  noForEach: { text: `for (const list of [[1]]) list.forEach((a) => a + 1);\n` },
  noImportCycles: {
    text: `import { b } from "./cycle-other.ts";\nexport const a: number = b;\n`,
    beside: {
      "src/base/cycle-other.ts": `import { a } from "./no-import-cycles.ts";\nexport const b: number = a;\n`,
    },
  },
  noMisusedPromises: {
    text: `async function f(): Promise<boolean> {\n  return await Promise.resolve(true);\n}\nexport function g(): number {\n  if (f()) return 1;\n  return 2;\n}\n`,
  },
  noNamespace: { text: `export namespace Shape {\n  export const a = 1;\n}\n` },
  noNonNullAssertion: { text: `export const a = (list: readonly string[]): string => list[0]!;\n` },
  noParameterAssign: { text: `export function f(a: number): number {\n  a = 2;\n  return a;\n}\n` },
  noParameterProperties: { text: `export class A {\n  constructor(readonly a: number) {}\n}\n` },
  noProcessEnv: { text: `export const a = process.env["HOME"];\n` },
  noReExportAll: { text: `export * from "./other.ts";\n` },
  noRestrictedGlobals: { text: `export const a = new Date();\n` },
  noSkippedTests: {
    file: "test/skipped.test.ts",
    text: `import { test } from "node:test";\ntest.skip("x", () => {});\n`,
  },
  noUndeclaredDependencies: {
    text: `import { a } from "left-pad";\nexport const b: unknown = a;\n`,
  },
  noUnusedImports: { text: `import { join } from "node:path";\nexport const a = 1;\n` },
  noUnusedVariables: { text: `const a = 1;\nexport const b = 2;\n` },
  noVar: { text: `export var a = 1;\n` },
  useAwaitThenable: {
    text: `export async function f(): Promise<number> {\n  return await 1;\n}\n`,
  },
  useConsistentArrayType: { text: `export const a: Array<number> = [];\n` },
  useErrorCause: {
    text: `export function f(): void {\n  try {\n    JSON.parse("{");\n  } catch (error) {\n    throw new Error("x");\n  }\n}\n`,
  },
  useErrorMessage: { text: `throw new Error();\n` },
  useExhaustiveSwitchCases: {
    text: `export function f(a: "x" | "y"): void {\n  switch (a) {\n    case "x":\n      return;\n  }\n}\n`,
  },
  useExplicitReturnType: { text: `export function f() {\n  return 1;\n}\n` },
  useExportType: { text: `type A = number;\nexport { A };\n` },
  useFilenamingConvention: { file: "src/base/NotKebab.ts", text: `export const a = 1;\n` },
  useImportExtensions: { text: `import { a } from "./other";\nexport const b: unknown = a;\n` },
  useImportType: { text: `import { Other } from "./other.ts";\nexport const b: Other = 1;\n` },
  useMaxParams: {
    text: `export function f(a: number, b: number, c: number, d: number, e: number): number {\n  return a + b + c + d + e;\n}\n`,
  },
  useNodeAssertStrict: {
    file: "test/strict.test.ts",
    text: `import assert from "node:assert";\nassert.ok(true);\n`,
  },
  useNodejsImportProtocol: { text: `import { join } from "path";\nexport const a = join("x");\n` },
  useReadonlyClassProperties: {
    text: `export class A {\n  #a = 1;\n  get(): number {\n    return this.#a;\n  }\n}\n`,
  },
  useThrowOnlyError: { text: `throw "x";\n` },
};

/** Globals that only `src/runtime` may use. */
const deniedGlobals = [
  "Date",
  "setTimeout",
  "setInterval",
  "setImmediate",
  "fetch",
  "WebSocket",
  "crypto",
  "performance",
];

interface Diagnostic {
  readonly category: string;
  readonly location: { readonly path: string };
  readonly message: string;
}

let folder = "";
let diagnostics: readonly Diagnostic[] = [];

function kebab(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function fileOf(rule: string, sample: BadSample): string {
  return sample.file ?? `src/base/${kebab(rule)}.ts`;
}

function write(path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

before(() => {
  folder = mkdtempSync(join(tmpdir(), "lint-rules-"));
  for (const file of ["biome.json", "package.json", ".gitignore"]) {
    copyFileSync(join(repository, file), join(folder, file));
  }
  write("src/base/other.ts", "export type Other = number;\nexport const a = 1;\n");
  for (const [rule, sample] of Object.entries(samples)) {
    write(fileOf(rule, sample), sample.text);
    for (const [path, text] of Object.entries(sample.beside ?? {})) write(path, text);
  }
  for (const name of deniedGlobals) {
    write(`src/store/${kebab(`g${name}`)}.ts`, `export const a: unknown = ${name};\n`);
    write(`src/runtime/${kebab(`g${name}`)}.ts`, `export const a: unknown = ${name};\n`);
  }
  const biome = join(repository, "node_modules/@biomejs/biome/bin/biome");
  const run = spawnSync(
    process.execPath,
    [biome, "lint", "--reporter=json", "--max-diagnostics=none", "."],
    { cwd: folder, encoding: "utf8", maxBuffer: 64 << 20 },
  );
  diagnostics = (JSON.parse(run.stdout) as { diagnostics: Diagnostic[] }).diagnostics;
});

after(() => rmSync(folder, { recursive: true, force: true }));

function fired(rule: string, file: string): boolean {
  return diagnostics.some(
    (found) => found.category.endsWith(`/${rule}`) && found.location.path === file,
  );
}

for (const [rule, sample] of Object.entries(samples)) {
  test(`lint rejects what ${rule} is about`, () => {
    const file = fileOf(rule, sample);
    const there = diagnostics.filter((found) => found.location.path === file);
    assert.ok(fired(rule, file), `${file} only gave: ${there.map((found) => found.category)}`);
  });
}

for (const name of deniedGlobals) {
  test(`${name} is refused outside src/runtime and allowed inside`, () => {
    assert.ok(fired("noRestrictedGlobals", `src/store/${kebab(`g${name}`)}.ts`));
    assert.ok(!fired("noRestrictedGlobals", `src/runtime/${kebab(`g${name}`)}.ts`));
  });
}
