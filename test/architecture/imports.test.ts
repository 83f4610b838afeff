import {
  findForbiddenImports,
  findForbiddenPackages,
  findSiblingImports,
  findSimulatorImports,
  findUnmarkedCrossings,
} from "./imports.ts";
import { testRules } from "./rule-samples.ts";

const table = { base: [], store: ["base"], "main.ts": "anything" } as const;

testRules({
  "import table": {
    find: (sources) => findForbiddenImports(sources, table),
    bad: [
      [
        { "src/base/a.ts": `import { b } from "#store/b.ts";\n` },
        "src/base/a.ts imports src/store/b.ts",
      ],
      [
        { "src/base/a.ts": `import type { B } from "../store/b.ts";\n` },
        "src/base/a.ts imports src/store/b.ts",
      ],
      [
        { "src/base/a.ts": `import {\n  b,\n} from "#store/b.ts";\n` },
        "src/base/a.ts imports src/store/b.ts",
      ],
      [
        { "src/base/a.ts": `export const b = await import("#store/b.ts");\n` },
        "src/base/a.ts imports src/store/b.ts",
      ],
      [
        { "src/base/a.ts": `import { x } from "#gen/x_pb.ts";\n` },
        "src/base/a.ts imports gen/x_pb.ts",
      ],
      [
        { "src/store/a.ts": `import { x } from "#test/x.ts";\n` },
        "src/store/a.ts imports test/x.ts",
      ],
      [{ "src/new/a.ts": "" }, "src/new has no row in the import table"],
    ],
    good: {
      "src/base/a.ts": `import { b } from "./b.ts";\n// import { c } from "#store/c.ts";\n`,
      "src/store/a.ts": `import { b } from "#base/b.ts";\n`,
      "src/store/a.test.ts": `import { x } from "#test/x.ts";\n`,
      "src/main.ts": `import { b } from "#store/b.ts";\n`,
    },
  },
  "crossings are marked": {
    find: findUnmarkedCrossings,
    bad: [
      [
        { "src/store/a.ts": `import { b } from "../base/b.ts";\n` },
        "src/store/a.ts imports src/base/b.ts by a relative path",
      ],
      [
        { "src/store/a.test.ts": `import { b } from "../../test/b.ts";\n` },
        "src/store/a.test.ts imports test/b.ts by a relative path",
      ],
    ],
    good: {
      "src/store/embedded/a.ts": `import { b } from "../b.ts";\nimport { c } from "#base/c.ts";\n`,
    },
  },
  "packages at home": {
    find: (sources) => findForbiddenPackages(sources, { "alien-signals": ["base/tracked"] }),
    bad: [
      [
        { "src/base/a.ts": `import { signal } from "alien-signals";\n` },
        "src/base/a.ts imports alien-signals",
      ],
      [
        { "src/base/a.ts": `import { x } from "@scope/name/deep";\n` },
        "src/base/a.ts imports @scope/name",
      ],
    ],
    good: { "src/base/tracked/a.ts": `import { signal } from "alien-signals";\n` },
  },
  "plug-ins do not import each other": {
    find: (sources) => findSiblingImports(sources, "src/dialects"),
    bad: [
      [
        { "src/dialects/a/x.ts": `import { b } from "../b/y.ts";\n` },
        "src/dialects/a/x.ts imports src/dialects/b/y.ts",
      ],
      [
        { "src/dialects/a/x.ts": `import { b } from "#dialects/b/y.ts";\n` },
        "src/dialects/a/x.ts imports src/dialects/b/y.ts",
      ],
    ],
    good: {
      "src/dialects/a/x.ts": `import { b } from "../common/y.ts";\nimport { c } from "../dialect.ts";\n`,
      "src/dialects/all.ts": `import { a } from "./a/x.ts";\n`,
    },
  },
  "simulators stand alone": {
    find: findSimulatorImports,
    bad: [
      [
        { "test/simulators/a.ts": `import { b } from "#base/b.ts";\n` },
        "test/simulators/a.ts imports src/base/b.ts",
      ],
      [
        { "test/simulators/a.ts": `import { b } from "../fakes/b.ts";\n` },
        "test/simulators/a.ts imports test/fakes/b.ts",
      ],
      [
        { "test/simulators/a.test.ts": `import { b } from "#base/b.ts";\n` },
        "test/simulators/a.test.ts imports src/base/b.ts",
      ],
    ],
    good: { "test/simulators/x/a.ts": `import { b } from "../y/b.ts";\n` },
  },
});
