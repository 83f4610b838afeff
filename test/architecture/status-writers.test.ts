import { testRules } from "./rule-samples.ts";
import { findForeignStatuses } from "./status-writers.ts";

const writes = "await store.replaceStatus(key, status);\n";

const twoWriters = { "a.ts": ["A", "B"], "b.ts": ["B"] };

testRules({
  "writers of statuses": {
    find: (sources) => findForeignStatuses(sources, { "status/a.ts": ["A"] }),
    bad: [
      [{ "src/status/a.ts": writes, "src/gate/b.ts": writes }, "src/gate/b.ts writes statuses"],
      [{ "src/status/a.ts": "" }, "src/status/a.ts writes no statuses"],
    ],
    good: { "src/status/a.ts": writes, "src/store/x.ts": writes, "src/gate/b.test.ts": writes },
  },
  "writers of one status": {
    find: (sources) =>
      findForeignStatuses(sources, sources.has("src/b.ts") ? twoWriters : { "a.ts": ["A", "B"] }),
    bad: [[{ "src/a.ts": writes, "src/b.ts": writes }, "the status of B has two writers"]],
    good: { "src/a.ts": writes },
  },
});
