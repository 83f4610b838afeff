import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { createClock } from "#runtime/real-clock.ts";
import { createFiles } from "#runtime/real-files.ts";
import { createRandom } from "#runtime/real-random.ts";
import { openEmbeddedStore } from "#store/embedded/embedded-store.ts";
import { resource } from "#test/fakes/xds-harness.ts";
import type { Verdict } from "#xds/quarantine/quarantine.ts";
import { createVerdictRecord, loadVerdicts } from "./verdict-record.ts";

const namespace = "sekisho-system";

function verdict(name: string, message: string): Verdict {
  return { type: "listener", name, envoy: "1.40.0", version: "1", message, keeps: false };
}

test("a verdict is kept for the next run, unless its reason lies in the machine", async (context) => {
  const directory = await mkdtemp(path.join(tmpdir(), "sekisho-verdicts-"));
  context.after(() => rm(directory, { recursive: true }));
  const deps = { files: createFiles(), clock: createClock(), random: createRandom() };
  const store = await openEmbeddedStore(deps, { directory });
  context.after(() => store.close());
  const content = verdict("https", "invalid regex '('");
  const machine = verdict("http", "cannot bind '0.0.0.0:80': Address already in use");
  const verdicts = [machine, content];
  const record = createVerdictRecord({ store, namespace }, () => verdicts);
  await record();
  assert.deepEqual(await loadVerdicts({ store, namespace }), [content]);
  verdicts.pop();
  await record();
  assert.deepEqual(await loadVerdicts({ store, namespace }), []);
});

test("what is offered instead is kept with what it has to do with others, and is sent alike by the next run", async (context) => {
  const directory = await mkdtemp(path.join(tmpdir(), "sekisho-verdicts-"));
  context.after(() => rm(directory, { recursive: true }));
  const deps = { files: createFiles(), clock: createClock(), random: createRandom() };
  const store = await openEmbeddedStore(deps, { directory });
  context.after(() => store.close());
  const substitute = resource("routes", "r", "closed", {
    ...{ needs: [{ type: "cluster", name: "c" }], uses: [], protections: ["401 ^ /"] },
  });
  const { type, name } = substitute;
  await createVerdictRecord({ store, namespace }, () => [
    { type, name, envoy: "1.40.0", version: "1", message: "no", keeps: false, substitute },
  ])();
  const [loaded] = await loadVerdicts({ store, namespace });
  const { bytes, sent, ...rest } = substitute;
  const { bytes: itsBytes, sent: itsSent, ...itsRest } = loaded?.substitute ?? substitute;
  assert.notEqual(loaded?.substitute, undefined);
  assert.deepEqual(itsRest, rest);
  assert.deepEqual([Buffer.compare(itsBytes, bytes), Buffer.compare(itsSent, sent)], [0, 0]);
});
