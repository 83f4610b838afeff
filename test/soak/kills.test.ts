/**
 * The whole program is killed at random moments while it is written to: what it acknowledged is there afterwards, Envoy
 * serves throughout and is the same, and is sent nothing but what changed meanwhile.
 */

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { createRemoteStore } from "#api/remote-store.ts";
import { createLocalSocket } from "#runtime/network/real-local-socket.ts";
import { createClock } from "#runtime/real-clock.ts";
import { createRandom } from "#runtime/real-random.ts";
import type { ObjectStore } from "#store/object-store.ts";
import { sumOfMetric } from "#test/system/harness/gate-metrics.ts";
import { startLoad } from "#test/system/harness/open-loop.ts";
import { type RunningSekisho, startSekisho } from "#test/system/harness/sekisho.ts";
import { backend, ingress, ManifestFiles } from "./unbroken/manifests.ts";
import { startUpstream } from "./unbroken/upstream.ts";

const kills = 20;
const hosts = 50;
/** A kill comes this long after the first write, or sooner. */
const longestMs = 500;

interface Sent {
  readonly resources: number;
  readonly removals: number;
  readonly bytes: number;
}

test(`${kills} kill -9 of the whole program: nothing acknowledged is lost, nothing unchanged is sent again`, async (t: TestContext) => {
  await using undo = new AsyncDisposableStack();
  const directory = mkdtempSync(join(tmpdir(), "sekisho-soak-"));
  undo.defer(() => rmSync(directory, { recursive: true, force: true }));
  const files = new ManifestFiles(join(directory, "served"));
  for (const name of ["a", "b"]) {
    const upstream = undo.use(await startUpstream(name));
    files.write(`${name}.yaml`, backend(name, upstream.port));
  }
  for (let host = 0; host < hosts; host += 1) {
    files.write(`${host}.yaml`, ingress(`host-${host}`, `host-${host}.test`, "ab"[host % 2] ?? ""));
  }
  const settings = join(directory, "sekisho.yaml");
  writeFileSync(settings, "workloads: none\n");
  const up = ["up", files.directory, "--config", settings];
  const running = { now: await startSekisho(up) };
  undo.defer(async () => void (await running.now.stop()));
  const first = await sentBy(running.now);
  const envoys = envoysOf(running.now);
  const load = startLoad({ port: running.now.httpPort, host: "host-1.test", path: "/" }, 200);

  const acknowledged = new Map<string, number>();
  const unchanged: Sent[] = [];
  const changed: Sent[] = [];
  for (let kill = 0; kill < kills; kill += 1) {
    await writeUntilKilled(running.now, kill, acknowledged);
    const isChanged = kill % 2 === 1;
    // Every other time a route leads elsewhere when the next one comes.
    if (isChanged)
      files.write("0.yaml", ingress("host-0", "host-0.test", "ba"[(kill >> 1) % 2] ?? ""));
    running.now = await startSekisho(up, running.now);
    await assertKept(storeOf(running.now), acknowledged);
    (isChanged ? changed : unchanged).push(await sentBy(running.now));
  }
  const answers = await load.stop();
  t.diagnostic(
    `${kills} kills, ${acknowledged.size} objects acknowledged; at the start ${first.bytes} bytes; afterwards, where nothing changed, ${total(unchanged).bytes} in all, where one route did, ${total(changed).bytes / changed.length} each time; answers: ${JSON.stringify(answers)}`,
  );
  assert.deepEqual(Object.keys(answers), ["200"]);
  assert.deepEqual(envoysOf(running.now), envoys);
  assert.deepEqual(total(unchanged), { resources: 0, removals: 0, bytes: 0 });
  const { resources, removals } = total(changed);
  assert.deepEqual({ resources, removals }, { resources: changed.length, removals: 0 });
});

function storeOf({ data }: RunningSekisho): ObjectStore {
  return createRemoteStore(createLocalSocket(), join(data, "api.sock"));
}

/** Numbers of the Envoys that run. */
function envoysOf({ data }: RunningSekisho): readonly number[] {
  const text = readFileSync(join(data, "envoy/running.json"), "utf8");
  return (JSON.parse(text) as { envoys: { pid: number }[] }).envoys.map(({ pid }) => pid);
}

/** What Envoy was sent since the program was started. */
async function sentBy({ data }: RunningSekisho): Promise<Sent> {
  const [resources = 0, removals = 0, bytes = 0] = await Promise.all(
    ["resources", "removals", "bytes"].map((what) =>
      sumOfMetric(data, `sekisho_xds_${what}_total`),
    ),
  );
  return { resources, removals, bytes };
}

function total(sent: readonly Sent[]): Sent {
  const sum = (what: keyof Sent): number => sent.reduce((total, one) => total + one[what], 0);
  return { resources: sum("resources"), removals: sum("removals"), bytes: sum("bytes") };
}

/** Writes one value after the other; the kill comes in the middle of it. */
async function writeUntilKilled(
  running: RunningSekisho,
  kill: number,
  acknowledged: Map<string, number>,
): Promise<void> {
  const store = storeOf(running);
  const killed = { is: false };
  const writing = (async () => {
    for (let value = 0; !killed.is; value += 1) {
      const metadata = { name: `kill-${kill}-${value % 5}`, namespace: "default" };
      const body = { data: { value: `${value}` } };
      await store.apply({ apiVersion: "v1", kind: "ConfigMap", metadata, body });
      acknowledged.set(metadata.name, value);
    }
  })().catch((error: unknown) => {
    if (!killed.is) throw error;
  });
  const milliseconds = Math.ceil(createRandom().fraction() * longestMs);
  await createClock().sleep(Temporal.Duration.from({ milliseconds }));
  killed.is = true;
  await running.kill();
  await writing;
}

async function assertKept(
  store: ObjectStore,
  acknowledged: ReadonlyMap<string, number>,
): Promise<void> {
  const { items } = await store.list("ConfigMap");
  const found = new Map(
    items.map(({ metadata, body }) => [metadata.name, body["data"] as { readonly value: string }]),
  );
  for (const [name, value] of acknowledged) {
    // The write after the last acknowledged one may have become durable, too.
    const kept = Number(found.get(name)?.value ?? -1);
    assert.ok(kept >= value, `${name} is ${kept}, ${value} was acknowledged`);
  }
}
