import {
  findDefaultExports,
  findImpureTranslators,
  findLocaleOrders,
  findLongFiles,
  findMissingOpenings,
  findReExports,
  findSleepingTests,
  findUncodedErrors,
  findVagueNames,
} from "./file-shape.ts";
import { testRules } from "./rule-samples.ts";

testRules({
  "translators are pure": {
    find: findImpureTranslators,
    bad: [
      [{ "src/dialects/a/x.ts": `  throw new Error("x");\n` }, "src/dialects/a/x.ts:1 throws"],
      [{ "src/model/x.ts": "export async function f(): X {}\n" }, "src/model/x.ts:1 waits"],
      [{ "src/envoy/x.ts": "  return new Promise(f);\n" }, "src/envoy/x.ts:1 waits"],
    ],
    good: {
      "src/dialects/a/x.ts": "/** Never throws. */\nexport const x = 1;\n",
      "src/store/x.ts": "export async function f(): X {}\n",
    },
  },
  "short files": {
    find: findLongFiles,
    bad: [
      [{ "src/a.ts": "x();\n".repeat(401) }, "src/a.ts has 401 lines, more than 400"],
      [{ "tools/a.mjs": "x();\n".repeat(401) }, "tools/a.mjs has 401 lines, more than 400"],
    ],
    good: { "src/a.ts": "x();\n".repeat(400), "docs/a.md": "x\n".repeat(500) },
  },
  openings: {
    find: findMissingOpenings,
    bad: [
      [
        { "src/a.ts": "export const a = 1;\n" },
        "src/a.ts does not open with a sentence in a doc comment",
      ],
      [
        { "src/a.ts": "// Turns a into b.\nexport const a = 1;\n" },
        "src/a.ts does not open with a sentence in a doc comment",
      ],
      [
        { "tools/a.ts": "/** a */\nexport const a = 1;\n" },
        "tools/a.ts does not open with a sentence in a doc comment",
      ],
    ],
    good: {
      "src/a.ts": "/** Turns a into b. */\n",
      "src/b.ts": "/**\n * Turns a\n * into b.\n *\n *   a → b\n */\n",
      "src/b.test.ts": "\n",
    },
  },
  names: {
    find: findVagueNames,
    bad: [
      [{ "src/base/utils.ts": "" }, "src/base/utils.ts does not name a thing"],
      [{ "src/helpers/a.ts": "" }, "src/helpers/a.ts does not name a thing"],
      [{ "src/model/types.test.ts": "" }, "src/model/types.test.ts does not name a thing"],
    ],
    good: { "src/base/duration-text.ts": "", "src/dialects/common/host-types.ts": "" },
  },
  "default exports": {
    find: findDefaultExports,
    bad: [[{ "src/a.ts": "\nexport default f;\n" }, "src/a.ts:2 has a default export"]],
    good: { "src/a.ts": "export const f = 1;\n" },
  },
  "re-exports": {
    find: findReExports,
    bad: [
      [{ "src/a.ts": `export * from "./b.ts";\n` }, "src/a.ts re-exports"],
      [{ "src/a.ts": `export * as b from "./b.ts";\n` }, "src/a.ts re-exports"],
      [{ "src/a.ts": `export {\n  b,\n} from "./b.ts";\n` }, "src/a.ts re-exports"],
      [{ "src/a.ts": `export type { B } from "./b.ts";\n` }, "src/a.ts re-exports"],
    ],
    good: { "src/a.ts": `export const a = 1;\nexport { b };\n` },
  },
  "error classes": {
    find: findUncodedErrors,
    bad: [
      [
        { "src/a.ts": "export class AError extends Error {}\n" },
        "src/a.ts has an error class without code and retryable",
      ],
    ],
    good: {
      "src/a.ts": `export class AError extends Error {\n  readonly code = "x";\n  readonly retryable = false;\n}\n`,
    },
  },
  "order by locale": {
    find: findLocaleOrders,
    bad: [
      [{ "src/a.ts": "list.sort((a, b) => a.localeCompare(b));\n" }, "src/a.ts:1 sorts by locale"],
    ],
    good: { "src/a.ts": "list.sort(compareText);\n" },
  },
  sleeps: {
    find: findSleepingTests,
    bad: [
      [
        { "src/a.test.ts": "await new Promise((r) => setTimeout(r, 10));\n" },
        "src/a.test.ts:1 sleeps",
      ],
      [
        { "test/a.test.ts": `import { setTimeout } from "node:timers/promises";\n` },
        "test/a.test.ts:1 sleeps",
      ],
    ],
    good: { "src/a.test.ts": "await clock.advance(second);\n" },
  },
});
