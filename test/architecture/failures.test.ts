import { findBuiltSentences, findShoutedErrors, findSwallowedErrors } from "./failures.ts";
import { testRules } from "./rule-samples.ts";

testRules({
  "swallowed errors": {
    find: findSwallowedErrors,
    bad: [
      [
        { "src/a.ts": "  try {\n    f();\n  } catch {\n    return 0;\n  }\n" },
        "src/a.ts:3 drops an error without a reason",
      ],
      [
        { "src/a.ts": "  try {\n    f();\n  } catch (error) {\n    return 0;\n  }\n  // later\n" },
        "src/a.ts:3 drops an error without a reason",
      ],
      [
        { "src/a.ts": "  await f().catch(() => undefined);\n" },
        "src/a.ts:1 drops an error without a reason",
      ],
    ],
    good: {
      "src/a.ts":
        "  try {\n    f();\n  } catch {\n    // Not there: that is the answer.\n    return 0;\n  }\n  try {\n    f();\n  } catch (error) {\n    throw explained(error);\n  }\n  // It was reported where it happened.\n  await f().catch(() => undefined);\n  await g().catch((error: unknown) => log(error));\n",
    },
  },
  "wording of errors": {
    find: findShoutedErrors,
    bad: [
      [
        { "src/a.ts": `throw new AError("the file is gone.");\n` },
        "src/a.ts:1 does not word an error as part of a sentence",
      ],
      [
        { "src/a.ts": "throw new Error(`The file is gone`);\n" },
        "src/a.ts:1 does not word an error as part of a sentence",
      ],
    ],
    good: {
      "src/a.ts": `throw new AError("not-found", "the file is gone");\nthrow new Error("Envoy's log is gone");\n`,
    },
  },
  "log lines": {
    find: findBuiltSentences,
    bad: [
      [
        { "src/a.ts": `  log.warn(\`lost \${name}\`);\n` },
        "src/a.ts:1 builds the sentence of a log line",
      ],
      [
        { "src/a.ts": `  deps.log.warn("lost " + name);\n` },
        "src/a.ts:1 builds the sentence of a log line",
      ],
    ],
    good: { "src/a.ts": `  log.warn("lost a proxy", { [logFields.proxy]: name });\n` },
  },
});
