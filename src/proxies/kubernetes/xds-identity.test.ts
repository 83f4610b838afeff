import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { type TestContext, test } from "node:test";
import { setImmediate as turnOfLoop } from "node:timers/promises";
import type { Http2Listener } from "#runtime/http/http2-server.ts";
import type { ObjectStore } from "#store/object-store.ts";
import { temporaryStore } from "#test/fakes/embedded-store.ts";
import { createCollectedLog } from "#test/fakes/runtime/collected-log.ts";
import { createManualClock, type ManualClock } from "#test/fakes/runtime/manual-clock.ts";
import { createSeededRandom } from "#test/fakes/runtime/seeded-random.ts";
import { silentLog } from "#test/fakes/runtime/silent-log.ts";
import { createUnsteadyStore } from "#test/fakes/unsteady-store.ts";
import { readSecret, secretKey } from "../stored-secret.ts";
import { proxySecretName } from "./proxy-secret.ts";
import { keepXdsIdentity, type XdsIdentity } from "./xds-identity.ts";

const namespace = "sekisho-system";

type Identity = Parameters<Http2Listener["replaceIdentity"]>[0];

async function keep(
  context: TestContext,
  clock: ManualClock,
  store: ObjectStore,
): Promise<XdsIdentity> {
  const identity = await keepXdsIdentity({ store, clock, log: silentLog }, { namespace });
  context.after(() => identity.close());
  return identity;
}

/** Moves time, and waits until every replica rests again. */
async function pass(clock: ManualClock, minutes: number, replicas = 1): Promise<void> {
  await clock.advance({ minutes });
  while (clock.timerCount() < replicas) await turnOfLoop();
}

test("a replica serves under every form of the Service's name, and may ask other replicas", async (context) => {
  const clock = createManualClock();
  const identity = await keep(context, clock, await temporaryStore(context));
  const leaf = new X509Certificate(identity.current().certificateChain);
  for (const name of ["sekisho-xds", `sekisho-xds.${namespace}`, `sekisho-xds.${namespace}.svc`])
    assert.equal(leaf.checkHost(name), name);
  assert.deepEqual(leaf.keyUsage, ["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"]);
});

test("it is renewed at two thirds of its life, and who subscribed hears of it", async (context) => {
  const clock = createManualClock();
  const identity = await keep(context, clock, await temporaryStore(context));
  const heard: Identity[] = [];
  identity.subscribe((next) => heard.push(next));
  for (let minutes = 0; minutes < 16 * 60 - 10; minutes += 10) await pass(clock, 10);
  assert.equal(heard.length, 0);
  await pass(clock, 10);
  assert.deepEqual(heard, [identity.current()]);
});

test("while the store is down it is renewed all the same, and the failure is told", async (context) => {
  const clock = createManualClock();
  const store = createUnsteadyStore(await temporaryStore(context));
  const log = createCollectedLog();
  const identity = await keepXdsIdentity({ store, clock, log }, { namespace });
  context.after(() => identity.close());
  const first = identity.current();
  store.setDown(true);
  for (let hours = 0; hours < 17; hours++) await pass(clock, 60);
  assert.notEqual(identity.current().certificateChain, first.certificateChain);
  assert.equal(identity.current().clientCa, first.clientCa);
  assert.equal(log.lines.at(-1)?.fields.error, "the store is down");
});

test("after it was closed nothing is renewed", async (context) => {
  const clock = createManualClock();
  const identity = await keep(context, clock, await temporaryStore(context));
  identity.close();
  assert.equal(clock.timerCount(), 0);
});

interface Proxy {
  leaf: X509Certificate;
  bundle: string;
  /** When its files are next what is stored: the kubelet takes its time. */
  refreshedAt: Temporal.Instant;
}

/** Whether a TLS library would take the leaf: a root of the bundle signed it, and both are valid now. */
function accepts(bundle: string, leaf: X509Certificate, now: Temporal.Instant): boolean {
  const root = issuerIn.getOrInsertComputed(`${bundle}${leaf.fingerprint}`, () =>
    bundle
      .split(/(?<=-----END CERTIFICATE-----\n)/)
      .map((pem) => new X509Certificate(pem))
      .find((one) => leaf.checkIssued(one) && leaf.verify(one.publicKey)),
  );
  const isValid = ({ validFromDate, validToDate }: X509Certificate): boolean =>
    validFromDate.getTime() <= now.epochMilliseconds &&
    now.epochMilliseconds <= validToDate.getTime();
  return root !== undefined && isValid(root) && isValid(leaf);
}

/** Signatures do not change: each pair is verified once. */
const issuerIn = new Map<string, X509Certificate | undefined>();

async function mounted(store: ObjectStore, refreshedAt: Temporal.Instant): Promise<Proxy> {
  const secret = await readSecret(store, secretKey(namespace, proxySecretName));
  const text = (name: string): string => Buffer.from(secret?.value(name) ?? []).toString();
  return { leaf: new X509Certificate(text("tls.crt")), bundle: text("ca.crt"), refreshedAt };
}

test("while the root changes every proxy can connect to every replica at any time", async (context) => {
  const clock = createManualClock();
  const random = createSeededRandom(5);
  const store = createUnsteadyStore(await temporaryStore(context));
  (await keep(context, clock, store)).close();
  // Nobody runs for eight months, all but two days.
  await clock.advance({ hours: 241 * 24 });
  const replicas = [await keep(context, clock, store), await keep(context, clock, store)];
  const between = (least: number, most: number): number =>
    least + Math.floor(random.fraction() * (most - least));
  const refresh = (): Promise<Proxy> => {
    store.setDown(false);
    return mounted(store, clock.now().add({ minutes: between(1, 180) }));
  };
  const proxies = [await refresh(), await refresh(), await refresh()];
  const bundles = new Set<string>();
  const roots = new Set<string>();
  const end = clock.now().add({ hours: 8 * 24 });
  while (Temporal.Instant.compare(clock.now(), end) < 0) {
    // Timers of ten minutes at most fall due once in each stretch.
    await pass(clock, between(10, 90), replicas.length);
    const now = clock.now();
    for (const [index, { refreshedAt }] of proxies.entries())
      if (Temporal.Instant.compare(refreshedAt, now) <= 0) proxies[index] = await refresh();
    store.setDown(random.fraction() < 0.1);
    for (const { certificateChain, clientCa } of replicas.map((replica) => replica.current())) {
      const served = new X509Certificate(certificateChain);
      bundles.add(clientCa);
      roots.add(served.issuer);
      for (const { leaf, bundle } of proxies) {
        assert.ok(accepts(clientCa, leaf, now), `a replica takes the proxy at ${now}`);
        assert.ok(accepts(bundle, served, now), `a proxy takes the replica at ${now}`);
      }
    }
  }
  assert.equal(roots.size, 2, "the old root and the new");
  assert.equal(bundles.size, 4, "the old; old and new; new and old; the new");
});
