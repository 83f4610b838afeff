import { testRules } from "./rule-samples.ts";
import { findDeadCode, findVagueWords } from "./words.ts";

const verb = "names a function process, handle or manage, which says nothing";
const form = "names a type by its form, not by what it is";
const unit = "has a time as a number without its unit";

testRules({
  "names that say something": {
    find: findVagueWords,
    bad: [
      [{ "src/a.ts": "function processItem(a: X): void {\n" }, `src/a.ts:1 ${verb}`],
      [{ "src/a.ts": "export async function handle(): void {\n" }, `src/a.ts:1 ${verb}`],
      [{ "src/a.ts": "class A {\n  async #manageAll(): void {\n" }, `src/a.ts:2 ${verb}`],
      [{ "src/a.ts": "const handleEvent = (a: X): void => f(a);\n" }, `src/a.ts:1 ${verb}`],
      [{ "src/a.ts": "export interface IStore {\n" }, `src/a.ts:1 ${form}`],
      [{ "src/a.ts": "class StoreImpl {\n" }, `src/a.ts:1 ${form}`],
      [{ "src/a.ts": "export class CertificateManager {\n" }, `src/a.ts:1 ${form}`],
      [{ "src/a.ts": "  readonly connectTimeout: number;\n" }, `src/a.ts:1 ${unit}`],
      [{ "src/a.ts": "function f(delay?: number): void {\n" }, `src/a.ts:1 ${unit}`],
    ],
    good: {
      "src/a.ts":
        "interface Issuer {}\nclass ProcessError {}\nfunction processes(): void {}\nconst handlers = 1;\nfunction f(timeoutMs: number, delay: Temporal.Duration): void {}\n",
    },
  },
  "code in comments": {
    find: findDeadCode,
    bad: [
      [{ "src/a.ts": "  // const a = f();\n" }, "src/a.ts:1 holds code in a comment"],
      [{ "src/a.ts": "  // if (a) {\n" }, "src/a.ts:1 holds code in a comment"],
      [{ "src/a.test.ts": "  // f(a);\n" }, "src/a.test.ts:1 holds code in a comment"],
      [{ "tools/a.ts": "  // }\n" }, "tools/a.ts:1 holds code in a comment"],
    ],
    good: { "src/a.ts": "  // If it is gone, f() says so; return later.\n  f(); // (RFC 9110)\n" },
  },
});
