import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { Page, PageRequest } from "#runtime/http/page-server.ts";
import { createMetrics } from "#runtime/telemetry/real-metrics.ts";
import { silentLog } from "#test/fakes/runtime/silent-log.ts";
import { createMetricsPage } from "./metrics-page.ts";

const envoyText = "# TYPE envoy_server_live gauge\nenvoy_server_live{} 1\n";

async function startPage(
  envoy: () => Promise<string>,
): Promise<(request: Partial<PageRequest>) => Promise<Page & { readonly text: string }>> {
  const metrics = await createMetrics();
  metrics.counter("sekisho_internal_errors_total", "Bugs of ours that were contained.").add(2);
  const page = createMetricsPage({ metrics, log: silentLog, envoy });
  return async (request) => {
    const answer = await page({ method: "GET", path: "/metrics", ...request });
    return { ...answer, text: Buffer.from(answer.body).toString() };
  };
}

test("the page has our metrics and Envoy's", async () => {
  const ask = await startPage(async () => envoyText);
  const { status, headers, text } = await ask({});
  assert.equal(status, 200);
  assert.match(headers["content-type"] ?? "", /^text\/plain; version=0\.0\.4/);
  assert.match(text, /^sekisho_internal_errors_total 2$/m);
  assert.match(text, /^sekisho_envoy_up 1$/m);
  assert.ok(text.endsWith(envoyText));
});

test("while Envoy is away the page has ours, and says so", async () => {
  const ask = await startPage(async () => {
    throw new Error("nobody there");
  });
  const { status, text } = await ask({});
  assert.equal(status, 200);
  assert.match(text, /^sekisho_envoy_up 0$/m);
  assert.match(text, /^sekisho_internal_errors_total 2$/m);
});

test("there is one page, and it is only read", async () => {
  const ask = await startPage(async () => envoyText);
  assert.equal((await ask({ path: "/" })).status, 404);
  assert.equal((await ask({ path: "/metrics/" })).status, 404);
  assert.equal((await ask({ method: "HEAD" })).status, 200);
  const posted = await ask({ method: "POST" });
  assert.deepEqual([posted.status, posted.headers["allow"]], [405, "GET, HEAD"]);
});

test("many who ask at a time cost Envoy one answer", async (t: TestContext) => {
  const answers: PromiseWithResolvers<string>[] = [];
  const ask = await startPage(() => {
    const answer = Promise.withResolvers<string>();
    answers.push(answer);
    return answer.promise;
  });
  const pages = [ask({}), ask({}), ask({})];
  t.assert.equal(answers.length, 1);
  answers[0]?.resolve(envoyText);
  assert.deepEqual(new Set((await Promise.all(pages)).map(({ status }) => status)), new Set([200]));
  const later = ask({});
  t.assert.equal(answers.length, 2);
  answers[1]?.resolve(envoyText);
  await later;
});
