/** The controllers of ACME over an embedded store and a Pebble; what proxies would answer a server of the test answers. */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { JsonObject } from "#base/json.ts";
import { type Acme, type AcmeSettings, createAcme } from "#certificates/acme/acme.ts";
import type { AcmeDeps, AcmeEvent } from "#certificates/acme/acme-deps.ts";
import { orderDraft } from "#certificates/acme/orders/order-object.ts";
import { createOutboundDoor } from "#certificates/outbound/real-outbound-door.ts";
import { createHttp01Solver } from "#certificates/solvers/http-01/http-01.ts";
import type { SolverRoutes } from "#certificates/solvers/http-01/solver-routes.ts";
import type { Solver } from "#certificates/solvers/solver.ts";
import { isFinalState } from "#kinds/cert-manager/acme-state.ts";
import { challengeKind, readChallengeStatus } from "#kinds/cert-manager/challenge.ts";
import { type OrderStatus, readOrderStatus } from "#kinds/cert-manager/order.ts";
import { read } from "#kinds/kind.ts";
import { type KubeObject, keyOf, type ObjectKey } from "#kinds/object.ts";
import { createHttpClients } from "#runtime/http/real-http-client.ts";
import { createNameLookup } from "#runtime/network/real-name-lookup.ts";
import { createClock } from "#runtime/real-clock.ts";
import { createFiles } from "#runtime/real-files.ts";
import { createRandom } from "#runtime/real-random.ts";
import { createMetrics } from "#runtime/telemetry/real-metrics.ts";
import { type EmbeddedStore, openEmbeddedStore } from "#store/embedded/embedded-store.ts";
import { approvedRequest, requestText } from "#test/fakes/certificates/approved-request.ts";
import { silentLog } from "#test/fakes/runtime/silent-log.ts";
import { type AnsweringServer, startAnswers } from "./acme-client.ts";
import type { KilledLife } from "./killed-life.ts";
import type { Pebble } from "./pebble.ts";

export interface AcmeStage extends AsyncDisposable {
  readonly store: EmbeddedStore;
  readonly acme: Acme;
  readonly answers: AnsweringServer;
  readonly events: readonly (AcmeEvent & { readonly about: string })[];
  /** Makes a ClusterIssuer and has its account registered, in a life that may end early; resolves to its condition's reason. */
  readonly issue: (
    spec: JsonObject,
    annotations?: Readonly<Record<string, string>>,
    life?: KilledLife,
  ) => Promise<string>;
  /** Orders for names; resolves to the status in which the Order ended. */
  readonly order: (name: string, names: readonly [string, ...string[]]) => Promise<OrderStatus>;
  /** Starts the controllers, in a life that may end early; they are ended with the stage. */
  readonly start: (life?: KilledLife) => Promise<void>;
}

const namespace = "shop";
const issuerKey: ObjectKey = { kind: "ClusterIssuer.cert-manager.io", namespace: "", name: "prod" };
const issuerRef = { name: issuerKey.name, kind: "ClusterIssuer" };

/** What an issuer of a Pebble says. */
export function issuerOf(pebble: Pick<Pebble, "directory" | "authority">): JsonObject {
  return {
    server: pebble.directory,
    email: "someone@example.com",
    caBundle: Buffer.from(pebble.authority).toString("base64"),
    privateKeySecretRef: { name: "account-key" },
    solvers: [{ http01: { ingress: {} } }],
  };
}

/** Everything but the controllers is started. `more`: solvers beside that of HTTP-01. */
export async function openStage(
  more: (deps: AcmeDeps) => readonly Solver[] = () => [],
  settings: Pick<AcmeSettings, "twinOf"> = {},
): Promise<AcmeStage> {
  await using undo = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), "sekisho-acme-"));
  undo.defer(() => rm(directory, { recursive: true }));
  const clock = createClock();
  const store = await openEmbeddedStore(
    { files: createFiles(), clock, random: createRandom() },
    { directory },
  );
  undo.defer(() => store.close());
  const answers = undo.use(await startAnswers());
  const door = createOutboundDoor({
    clock,
    clients: createHttpClients(),
    names: createNameLookup(),
    rules: { allowed: ["127.0.0.0/8", "::1"], apiServers: () => [] },
  });
  undo.defer(() => door.close());
  const events: (AcmeEvent & { readonly about: string })[] = [];
  const deps: AcmeDeps = {
    ...{ store, clock, random: createRandom(), log: silentLog, door },
    metrics: await createMetrics(),
    userAgent: "sekisho-test",
    clusterResourceNamespace: "cert-manager",
    tell: async (about, event) => void events.push({ ...event, about: about.kind }),
  };
  const solversOf = (seen: AcmeDeps): readonly Solver[] => [
    createHttp01Solver(routesOver(store, answers.answers)),
    ...more(seen),
  ];
  const acme = createAcme({ ...deps, ...settings, store, solvers: solversOf(deps) });
  const acmeIn = (life: KilledLife): Acme => {
    const seen = { ...deps, store: life.store(store), door: life.door(door) };
    return createAcme({ ...seen, solvers: solversOf(seen) });
  };
  const running = undo.move();
  return {
    ...{ store, acme, answers, events },
    issue: async (server, annotations = {}, life) => {
      const spec = { acme: server };
      const there = await store.get(issuerKey);
      const draft = issuerDraft(spec, annotations);
      const issuer =
        there === undefined
          ? await store.create(draft)
          : await store.replace(issuerKey, draft, there.metadata.resourceVersion);
      const verdict = await (life === undefined ? acme : acmeIn(life)).verify(issuer, stillWanted);
      const { ready: status, reason, message, account } = verdict;
      const conditions = [{ type: "Ready", status, reason, message }];
      await store.replaceStatus(issuerKey, { conditions, acme: { ...account } });
      return status === "True" ? reason : `${reason}: ${message}`;
    },
    order: async (name, names) => {
      const asked = { request: requestText(names), issuerRef };
      const request = await approvedRequest(store, { namespace, name }, asked);
      const object = await store.create(orderDraft(request, { ...asked, dnsNames: names }));
      return readOrderStatus(await untilEnded(store, object));
    },
    start: async (life) => {
      if (life === undefined) {
        const controllers = acme.start();
        running.defer(() => controllers.stop());
        return;
      }
      const controllers = acmeIn(life).start();
      // What waits for an answer never ends: it is not waited for.
      void life.died.then(() => controllers.stop());
      running.defer(() => void controllers.stop());
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

const { signal: stillWanted } = new AbortController();

function issuerDraft(
  spec: JsonObject,
  annotations: Readonly<Record<string, string>>,
): Parameters<EmbeddedStore["create"]>[0] {
  const { name, namespace } = issuerKey;
  return {
    apiVersion: "cert-manager.io/v1",
    kind: "ClusterIssuer",
    metadata: { name, namespace, annotations },
    body: { spec },
  };
}

async function untilEnded(store: EmbeddedStore, object: KubeObject): Promise<KubeObject> {
  const key = keyOf(object);
  const { point } = await store.list(key.kind);
  const ended = (one: KubeObject): boolean => isFinalState(readOrderStatus(one).state);
  const now = await store.get(key);
  if (now !== undefined && ended(now)) return now;
  const stop = new AbortController();
  for await (const { events } of store.watch({ [key.kind]: point }, stop.signal)) {
    const found = events.find(
      ({ object: one }) => one.metadata.uid === object.metadata.uid && ended(one),
    );
    if (found === undefined) continue;
    stop.abort();
    return found.object;
  }
  throw new Error("the store ended first");
}

/** Answers as proxies do: for Challenges that are worked on, what they say. */
function routesOver(store: EmbeddedStore, answers: Map<string, string>): SolverRoutes {
  return {
    obstacle: () => undefined,
    answered: async ({ host, token }) => {
      const { items } = await store.list(challengeKind.id);
      const found = items.find((one) => {
        const spec = read(challengeKind, one).value?.spec;
        return spec?.dnsName === host && spec.token === token;
      });
      if (found === undefined || readChallengeStatus(found).processing !== true) return false;
      const { key = "" } = read(challengeKind, found).value?.spec ?? {};
      answers.set(`/.well-known/acme-challenge/${token}`, key);
      return true;
    },
  };
}
