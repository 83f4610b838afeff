import { findDependencyGaps, findLooseVersions, findUnverifiedPackages } from "./dependencies.ts";
import { testRules } from "./rule-samples.ts";

testRules({
  dependencies: {
    find: (sources) => findDependencyGaps(sources, "docs/d.md"),
    bad: [
      [{ "package.json": `{"dependencies":{"a":"1.0.0"}}`, "docs/d.md": "" }, "docs/d.md lacks a"],
      [{ "package.json": `{"optionalDependencies":{"a":"1.0.0"}}` }, "docs/d.md lacks a"],
      [
        { "package.json": "{}", "docs/d.md": "| `b` | why |\n" },
        "docs/d.md names b, which package.json does not",
      ],
    ],
    good: {
      "package.json": `{"dependencies":{"a":"1.0.0"},"devDependencies":{"b":"1.0.0"}}`,
      "docs/d.md": "| `a`, `b` | why |\n",
    },
  },
  "pinned versions": {
    find: findLooseVersions,
    bad: [
      [
        { "package.json": `{"dependencies":{"a":"^1.0.0"}}` },
        "package.json asks for a ^1.0.0, which is no single version",
      ],
    ],
    good: { "package.json": `{"dependencies":{"a":"1.0.0"}}` },
  },
  "verified packages": {
    find: findUnverifiedPackages,
    bad: [
      [
        { "package-lock.json": `{"packages":{"":{},"node_modules/a":{"version":"1.0.0"}}}` },
        "package-lock.json has no integrity for node_modules/a",
      ],
      [
        {
          "package-lock.json": `{"packages":{"node_modules/a":{"integrity":"x","resolved":"https://example.com/a"}}}`,
        },
        "package-lock.json says where node_modules/a came from",
      ],
    ],
    good: { "package-lock.json": `{"packages":{"":{},"node_modules/a":{"integrity":"x"}}}` },
  },
});
