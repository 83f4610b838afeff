import assert from "node:assert/strict";
import { test } from "node:test";
import { createMetrics } from "./real-metrics.ts";

test("what was counted, set and observed is exposed in the Prometheus text format", async () => {
  const metrics = await createMetrics();
  metrics.counter("answers_total", "Answers.", ["code"]).add(2, { code: "200" });
  metrics.gauge("proxies", "Proxies.").set(3);
  metrics.histogram("wait_seconds", "Waits.", [0.1, 1]).observe(0.5);
  const lines = (await metrics.expose()).split("\n");
  for (const line of [
    "# HELP answers_total Answers.",
    "# TYPE answers_total counter",
    'answers_total{code="200"} 2',
    "proxies 3",
    'wait_seconds_bucket{le="0.1"} 0',
    'wait_seconds_bucket{le="1"} 1',
    "wait_seconds_sum 0.5",
  ]) {
    assert.ok(lines.includes(line), line);
  }
});

test("readings are read when they are told, with labels that are no syntax", async () => {
  const metrics = await createMetrics();
  const labels = [["a", 'b"\\\n']];
  metrics.readings("age", "Ages.", ["name", "kind"], () => [{ labels: ["of another"], value: 7 }]);
  metrics.readings("age", "Ages.", ["name", "kind"], () =>
    labels.map((one) => ({ labels: one, value: 2 })),
  );
  metrics.gauge("proxies", "Proxies.").set(3);
  labels.push(["c", "d"]);
  const expected = [
    ...["proxies 3", "", "# HELP age Ages.", "# TYPE age gauge"],
    ...['age{name="a",kind="b\\"\\\\\\n"} 2', 'age{name="c",kind="d"} 2', ""],
  ];
  const text = await metrics.expose();
  assert.ok(text.endsWith(expected.join("\n")), text);
});

test("a name asked for twice is one metric", async () => {
  const metrics = await createMetrics();
  for (let ask = 0; ask < 2; ask++) metrics.counter("answers_total", "Answers.").add(1);
  assert.match(await metrics.expose(), /^answers_total 2$/m);
});

test("two registries know nothing of each other", async () => {
  const [one, other] = [await createMetrics(), await createMetrics()];
  one.gauge("proxies", "Proxies.").set(3);
  assert.doesNotMatch(await other.expose(), /proxies/);
});
