import type { Allowance } from "./outside-world.ts";
import { findOutsideUses, findUnusedAllowances } from "./outside-world.ts";
import type { BadSample } from "./rule-samples.ts";
import { testRules } from "./rule-samples.ts";

const allowances: readonly Allowance[] = [
  { place: "runtime", uses: ["anything"], reason: "the real thing" },
  { place: "store/embedded", uses: ["node:sqlite"], reason: "its database" },
];

function usesOf(code: string, breach: string): BadSample {
  return [{ "src/store/a.ts": `${code}\n` }, breach];
}

testRules({
  "the outside world": {
    find: (sources) => findOutsideUses(sources, allowances),
    bad: [
      usesOf(`import { readFileSync } from "node:fs";`, "src/store/a.ts uses node:fs"),
      usesOf(`import { createServer } from "node:http2";`, "src/store/a.ts uses node:http2"),
      usesOf(
        `import { spawn } from "node:child_process";`,
        "src/store/a.ts uses node:child_process",
      ),
      usesOf(`import { DatabaseSync } from "node:sqlite";`, "src/store/a.ts uses node:sqlite"),
      usesOf(
        `import { setTimeout } from "node:timers/promises";`,
        "src/store/a.ts uses node:timers/promises",
      ),
      usesOf("const a = Math.random();", "src/store/a.ts:1 uses Math.random"),
      usesOf("const a = Temporal.Now.instant();", "src/store/a.ts:1 uses Temporal.Now"),
      usesOf("const a = process.env;", "src/store/a.ts:1 uses process"),
      usesOf("const a = globalThis.crypto;", "src/store/a.ts:1 uses globalThis"),
      usesOf(`const a = new Function("x");`, "src/store/a.ts:1 uses eval"),
    ],
    good: {
      "src/store/a.ts": `import { join } from "node:path";\n/** Like Math.random and process.env. */\nexport const b = clock.setTimeout(join);\n`,
      "src/store/embedded/a.ts": `import { DatabaseSync } from "node:sqlite";\n`,
      "src/runtime/a.ts": `import "node:net";\nexport const a = Date.now();\n`,
      "src/store/a.test.ts": `import "node:fs";\n`,
    },
  },
  "allowances are needed": {
    find: (sources) => findUnusedAllowances(sources, allowances.slice(1)),
    bad: [[{ "src/store/a.ts": "" }, "nothing in src/store/embedded needs node:sqlite"]],
    good: { "src/store/embedded/a.ts": `import { DatabaseSync } from "node:sqlite";\n` },
  },
});
