import type { PlugPoint } from "./plug-ins.ts";
import { findPlugInProblems, findUnfilledFields, findUnknownConcerns } from "./plug-ins.ts";
import type { Files } from "./rule-samples.ts";
import { testRules } from "./rule-samples.ts";

const dialects: PlugPoint = {
  folder: "src/dialects",
  except: ["common"],
  registry: "src/dialects/all.ts",
  needs: ["README.md", "cases"],
};
const completePlugIn: Files = {
  "src/dialects/all.ts": `import { a } from "./a/index.ts";\n`,
  "src/dialects/a/index.ts": "",
  "src/dialects/a/README.md": "# a\n",
  "src/dialects/a/cases/one/input.yaml": "x: 1\n",
  "src/dialects/common/x.ts": "",
};

function without(files: Files, path: string): Files {
  return Object.fromEntries(Object.entries(files).filter(([name]) => name !== path));
}

testRules({
  "plug-ins are complete": {
    find: (sources) => findPlugInProblems(sources, dialects),
    bad: [
      [
        { ...completePlugIn, "src/dialects/all.ts": "\n" },
        "src/dialects/a is not listed in src/dialects/all.ts",
      ],
      [without(completePlugIn, "src/dialects/a/README.md"), "src/dialects/a has no README.md"],
      [
        without(completePlugIn, "src/dialects/a/cases/one/input.yaml"),
        "src/dialects/a has no cases",
      ],
    ],
    good: completePlugIn,
  },
  "fields of the model": {
    find: (sources) => findUnfilledFields(sources, ["src/model/a.ts"]),
    bad: [
      [
        {
          "src/model/a.ts": "export interface A {\n  readonly x: 1;\n  readonly y?: 1;\n}\n",
          "src/dialects/b/index.ts": "const a = { x: 1 };\n",
          "src/dialects/b/index.test.ts": "const a = { y: 1 };\n",
        },
        "src/model/a.ts has y, which no dialect fills",
      ],
    ],
    good: {
      "src/model/a.ts": "export interface A {\n  readonly x: 1;\n}\n",
      "src/dialects/b/index.ts": "const a = { x: 1 };\n",
    },
  },
  "concerns have one name": {
    find: (sources) => findUnknownConcerns(sources, ["tls"]),
    bad: [
      [
        { "src/dialects/a/features/https.ts": "" },
        "src/dialects/a/features/https.ts is no listed concern",
      ],
    ],
    good: { "src/dialects/a/features/tls.ts": "", "src/dialects/a/features/tls.test.ts": "" },
  },
});
