/** `up --metrics`: one page with the gate's metrics and Envoy's, from the real program. */

import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { runCommand } from "./harness/commands.ts";
import { repository } from "./harness/program.ts";
import { freePorts } from "./harness/real-envoy.ts";
import { startSekisho } from "./harness/sekisho.ts";

const served = ["up", join(repository, "examples", "httpbin"), "--workloads", "none"] as const;

async function directory(context: TestContext): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), "sekisho-test-"));
  context.after(() => rm(made, { recursive: true }));
  return made;
}

test("one page has the gate's metrics and Envoy's, each described once", async () => {
  const { metrics } = await freePorts("metrics");
  const sekisho = await startSekisho([...served, "--metrics", `${metrics}`]);
  try {
    const page = await fetch(`http://127.0.0.1:${metrics}/metrics`);
    assert.equal(page.status, 200);
    const text = await page.text();
    assert.match(text, /^sekisho_envoy_up 1$/m);
    assert.match(text, /^sekisho_xds_streams 1$/m);
    assert.match(text, /^envoy_server_live\{\} 1$/m);
    const described = [...text.matchAll(/^# (TYPE|HELP) (\S+)/gm)].map(([line]) => line);
    assert.equal(new Set(described).size, described.length);
    const posted = await fetch(`http://127.0.0.1:${metrics}/metrics`, { method: "POST" });
    assert.equal(posted.status, 405);
    const other = await fetch(`http://127.0.0.1:${metrics}/stats`);
    assert.equal(other.status, 404);
  } catch (error) {
    await sekisho.stop();
    throw error;
  }
  assert.equal(await sekisho.stop(), 0);
});

test("an address that is in use ends the run before anything is started, and says which flag to change", async (t) => {
  const holder = createServer().listen(0, "127.0.0.1");
  await once(holder, "listening");
  t.after(() => holder.close());
  const address = holder.address();
  assert.ok(address !== null && typeof address !== "string");
  const { http, https } = await freePorts("http", "https");
  const ports = ["--http", `${http}`, "--https", `${https}`];
  const flags = [...ports, "--metrics", `127.0.0.1:${address.port}`, "--data", await directory(t)];
  const ended = await runCommand([...served, ...flags]);
  assert.equal(ended.code, 1);
  assert.match(ended.err, new RegExp(`127.0.0.1:${address.port} is in use`));
  assert.match(ended.err, /--metrics ADDRESS:PORT/);
});
