import assert from "node:assert/strict";
import { test } from "node:test";
import { mergeExpositions } from "./exposition.ts";

const ours = `# HELP sekisho_up Whether.
# TYPE sekisho_up gauge
sekisho_up 1
`;

test("the metrics of the second text follow those of the first", () => {
  const envoys = `# TYPE envoy_a counter\nenvoy_a{x="1"} 3\n\n# TYPE envoy_b gauge\nenvoy_b{} 1\n`;
  assert.equal(mergeExpositions(ours, envoys), `${ours}${envoys}`);
});

test("a metric that both have is told by the first alone", () => {
  const merged = mergeExpositions(
    ours,
    "# TYPE sekisho_up gauge\nsekisho_up 7\n# TYPE envoy_b gauge\nenvoy_b{} 1\n",
  );
  assert.equal(merged, `${ours}# TYPE envoy_b gauge\nenvoy_b{} 1\n`);
});

test("a metric in two parts is put together under one description, and one of two types is told once", () => {
  const merged = mergeExpositions(
    "",
    [
      "# TYPE envoy_a counter",
      'envoy_a{x="1"} 1',
      "# TYPE envoy_b gauge",
      "envoy_b{} 1",
      "# TYPE envoy_a counter",
      'envoy_a{x="2"} 2',
      "# TYPE envoy_a gauge",
      "envoy_a{} 3",
    ].join("\n"),
  );
  assert.equal(
    merged,
    `# TYPE envoy_a counter\nenvoy_a{x="1"} 1\nenvoy_a{x="2"} 2\n# TYPE envoy_b gauge\nenvoy_b{} 1\n`,
  );
});

test("a label that looks like a description is none, and without a second text the first is all", () => {
  const odd = '# TYPE envoy_a counter\nenvoy_a{x="# TYPE sekisho_up gauge"} 1\n';
  assert.equal(mergeExpositions(ours, odd), `${ours}${odd}`);
  assert.equal(mergeExpositions(ours, ""), ours);
});
