import {
  findDoubleCasts,
  findForeignForms,
  findModuleState,
  findSilencedTools,
  findSlackOptions,
  findUnusedExceptions,
} from "./language.ts";
import { testRules } from "./rule-samples.ts";

const exception = { place: "x/a.ts", name: "cache", reason: "because" };

testRules({
  "state at the top of a file": {
    find: (sources) => findModuleState(sources, [exception]),
    bad: [
      [
        { "src/a.ts": "let count = 0;\n" },
        "src/a.ts:1 keeps state in count at the top of the file",
      ],
      [
        { "src/a.ts": "export const known = new Map<string, string>();\n" },
        "src/a.ts:1 keeps state in known at the top of the file",
      ],
      [
        { "src/a.ts": "const queue: string[] = [];\n" },
        "src/a.ts:1 keeps state in queue at the top of the file",
      ],
      [
        { "src/x/b.ts": "const cache = new WeakMap();\n" },
        "src/x/b.ts:1 keeps state in cache at the top of the file",
      ],
    ],
    good: {
      "src/a.ts":
        "const names: ReadonlySet<string> = new Set([]);\nconst none: readonly string[] = [];\nfunction f(): void {\n  let count = 0;\n}\n",
      "src/x/a.ts": "const cache = new WeakMap();\n",
    },
  },
  "exceptions that are needed": {
    find: (sources) => findUnusedExceptions((left) => findModuleState(sources, left), [exception]),
    bad: [[{ "src/x/a.ts": "const cache = 1;\n" }, "nothing in src/x/a.ts needs cache"]],
    good: { "src/x/a.ts": "const cache = new Map();\n" },
  },
  "double casts": {
    find: (sources) => findDoubleCasts(sources, [{ place: "x", reason: "because" }]),
    bad: [[{ "src/a.ts": "f(a as unknown as B);\n" }, "src/a.ts:1 casts over unknown"]],
    good: { "src/a.ts": "f(a as B);\n", "src/x/a.ts": "f(a as unknown as B);\n" },
  },
  "foreign forms": {
    find: findForeignForms,
    bad: [
      [{ "src/a.ts": "  private a = 1;\n" }, "src/a.ts:1 hides by a keyword, not by #"],
      [{ "src/a.ts": "class A extends B {\n" }, "src/a.ts:1 inherits"],
      [{ "src/a.ts": "  @sealed()\n" }, "src/a.ts:1 decorates"],
      [
        { "src/a.ts": "return JSON.parse(text);\n" },
        "src/a.ts:1 lets data of any type out of JSON.parse",
      ],
    ],
    good: {
      "src/a.ts":
        "class AError extends Error {\n  readonly #a = 1;\n}\nconst a: unknown = JSON.parse(text);\nreturn JSON.parse(text) as Json;\n",
    },
  },
  "silenced tools": {
    find: findSilencedTools,
    bad: [
      [
        { "src/a.ts": "// @ts-expect-error it is fine\n" },
        "src/a.ts:1 silences a tool without a reason",
      ],
      [
        { "src/a.test.ts": "// biome-ignore lint/style/noVar: no\n" },
        "src/a.test.ts:1 silences a tool without a reason",
      ],
    ],
    good: { "src/a.ts": "// biome-ignore lint/style/noVar: it is what is looked for\n" },
  },
  "compiler options": {
    find: (sources) => findSlackOptions(sources, { strict: true, skipLibCheck: false }),
    bad: [
      [
        { "tsconfig.json": `{"compilerOptions":{"skipLibCheck":false}}` },
        "tsconfig.json does not set strict to true",
      ],
      [
        { "tsconfig.json": `{"compilerOptions":{"strict":true,"skipLibCheck":true}}` },
        "tsconfig.json does not set skipLibCheck to false",
      ],
    ],
    good: { "tsconfig.json": `{"compilerOptions":{"strict":true,"skipLibCheck":false}}` },
  },
});
