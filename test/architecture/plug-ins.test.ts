import type { PlugPoint } from "./plug-ins.ts";
import { findPlugInProblems, findUnknownConcerns } from "./plug-ins.ts";
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
  "concerns have one name": {
    find: (sources) => findUnknownConcerns(sources, ["tls"]),
    bad: [
      [
        { "src/dialects/a/features/https.ts": "" },
        "src/dialects/a/features/https.ts is no listed concern",
      ],
      [
        { "src/dialects/a/features/server/https.ts": "" },
        "src/dialects/a/features/server/https.ts is no listed concern",
      ],
    ],
    good: {
      "src/dialects/a/features/tls.ts": "",
      "src/dialects/a/features/tls.test.ts": "",
      "src/dialects/b/features/server/tls.ts": "",
    },
  },
});
