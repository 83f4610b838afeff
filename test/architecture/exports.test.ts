import { findBooleanArguments, findDeadExports, findUntoldExports } from "./exports.ts";
import { testRules } from "./rule-samples.ts";

testRules({
  "dead exports": {
    find: findDeadExports,
    bad: [
      [
        { "src/a.ts": "export function f(): void {}\n" },
        "src/a.ts exports f, which no other file uses",
      ],
      [
        {
          "src/a.ts": "export const a = 1;\nexport function f(): number {\n  return a;\n}\n",
          "src/b.ts": `import { f } from "./a.ts";\n`,
        },
        "src/a.ts exports a, which no other file uses",
      ],
      [{ "src/a.ts": "export interface A {\n" }, "src/a.ts exports A, which no other file uses"],
      [
        { "src/a.ts": "export class A {}\n", "src/a.test.ts": `import { A } from "./a.ts";\n` },
        "src/a.ts exports A, which only tests use",
      ],
      [
        {
          "src/x/a.ts": "export type A = 1;\n",
          "src/y/b.ts": `import type { A } from "./a.ts";\n`,
        },
        "src/x/a.ts exports A, which no other file uses",
      ],
    ],
    good: {
      "src/x/a.ts":
        "export interface In {\n}\nexport async function f(a: In): void {}\nexport function g(): void {}\nexport const h = g;\n",
      "src/y/b.ts": `import {\n  f as other,\n} from "#x/a.ts";\n`,
      "src/x/a.test.ts": `import { g } from "./a.ts";\n`,
      "tools/c.ts": `import { h } from "../src/x/a.ts";\n`,
    },
  },
  "doc lines": {
    find: findUntoldExports,
    bad: [
      [
        { "src/a.ts": "export function a(): void {}\nexport class B {}\n" },
        "src/a.ts does not say what B is",
      ],
    ],
    good: {
      "src/a.ts":
        "/** Opens. */\n\nexport function a(): void {}\n/** Tells. */\nexport class B {}\nexport const c = 1;\nexport interface D {}\n",
    },
  },
  "boolean arguments": {
    find: findBooleanArguments,
    bad: [
      [
        { "src/a.ts": "export function f(a: string, b: boolean): void {}\n" },
        "src/a.ts has f take a boolean by position",
      ],
      [
        {
          "src/a.ts":
            "export async function f<T>(\n  a: (x: T) => void,\n  b = false,\n): void {}\n",
        },
        "src/a.ts has f take a boolean by position",
      ],
      [
        { "src/a.ts": "export class A {\n  f(a: string, b?: boolean): void {\n  }\n}\n" },
        "src/a.ts has f take a boolean by position",
      ],
      [
        { "src/a.ts": "export interface A {\n  readonly f: (a: string, b: boolean) => void;\n}\n" },
        "src/a.ts has f take a boolean by position",
      ],
    ],
    good: {
      "src/a.ts":
        "export function f(a: string, b: { readonly c: boolean }, d: (x: string) => boolean): void {}\nexport function g(a: boolean): void {}\nfunction h(a: string, b: boolean): void {}\n",
    },
  },
});
