import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { readTlsSecret } from "#certificates/tls-secret.ts";
import { chainLayout } from "#envoy/listeners/chain-layout.ts";
import { formatKey, type KubeObject, keyOf, parseKey } from "#kinds/object.ts";
import { toObject } from "#test/differential/ingress/gate.ts";
import { paperPool } from "#test/differential/ingress/pool.ts";
import { worlds } from "#test/differential/ingress/worlds.ts";
import { selfSigned } from "#test/simulators/self-signed.ts";
import { Pipeline, realSteps } from "../../src/pipeline.ts";

/** A soak asks for more. */
const runs = Number(process.env["SEKISHO_PROPERTY_RUNS"] ?? 1000);

const listeners = {
  address: "127.0.0.1",
  accessLog: [],
  trustedProxies: [],
  proxyProtocol: false,
  allowedClients: [],
};

function createPipeline(): Pipeline {
  const pipeline = new Pipeline({
    steps: realSteps({ servedClasses: "all" }, readTlsSecret),
    layout: chainLayout(listeners, { http: 80, https: 443 }),
    namesInUse: { added: () => undefined, removed: () => undefined },
    onBug: (error) => {
      throw error;
    },
  });
  pipeline.flush();
  return pipeline;
}

/** Everything that proxies and people are told, as one text. */
function outcome(pipeline: Pipeline): string {
  const resources = pipeline
    .resources()
    .map(({ type, name, bytes }) => `${type} ${name} ${Buffer.from(bytes).toString("base64")}`);
  return [...resources, JSON.stringify(pipeline.findings())].join("\n");
}

function rebuild(objects: Iterable<KubeObject>): Pipeline {
  const pipeline = createPipeline();
  for (const object of objects) pipeline.set(object);
  pipeline.flush();
  return pipeline;
}

const objects = worlds(paperPool).map((world) => world.map(toObject));

/** A world, then edits of it: objects of further worlds come in, others go, and now and then it is computed. */
const edits = fc.array(
  fc.oneof(
    { arbitrary: objects.map((set) => ({ kind: "set" as const, set })), weight: 3 },
    { arbitrary: fc.nat(20).map((index) => ({ kind: "delete" as const, index })), weight: 4 },
    { arbitrary: fc.constant({ kind: "flush" as const }), weight: 3 },
  ),
  { minLength: 1, maxLength: 8 },
);

test("any sequence of edits ends byte for byte where a rebuild from nothing ends", () => {
  fc.assert(
    fc.property(objects, edits, (first, sequence) => {
      const pipeline = createPipeline();
      const known = new Map<string, KubeObject>();
      const set = (object: KubeObject): void => {
        known.set(formatKey(keyOf(object)), object);
        pipeline.set(object);
      };
      for (const object of first) set(object);
      for (const edit of sequence) {
        if (edit.kind === "set") for (const object of edit.set) set(object);
        if (edit.kind === "flush") pipeline.flush();
        if (edit.kind === "delete") {
          const key = [...known.keys()][edit.index];
          if (key === undefined) continue;
          known.delete(key);
          pipeline.delete(parseKey(key));
        }
      }
      pipeline.flush();
      assert.equal(outcome(pipeline), outcome(rebuild(known.values())));
    }),
    { numRuns: runs },
  );
});

test("with equal stamps the order in which objects come changes nothing", () => {
  const shuffled = objects.chain((all) =>
    fc.tuple(fc.constant(all), fc.shuffledSubarray([...all], { minLength: all.length })),
  );
  fc.assert(
    fc.property(shuffled, ([one, other]) => {
      assert.equal(outcome(rebuild(one)), outcome(rebuild(other)));
    }),
    { numRuns: runs },
  );
});

test("when all objects are gone, nothing of them is alive", () => {
  fc.assert(
    fc.property(objects, fc.boolean(), (all, flushFirst) => {
      const pipeline = createPipeline();
      const before = { live: pipeline.counts().live, outcome: outcome(pipeline) };
      for (const object of all) pipeline.set(object);
      if (flushFirst) pipeline.flush();
      for (const object of all) pipeline.delete(keyOf(object));
      pipeline.flush();
      assert.deepEqual({ live: pipeline.counts().live, outcome: outcome(pipeline) }, before);
    }),
    { numRuns: Math.ceil(runs / 4) },
  );
});

/** A world of `count` hosts, each with an Ingress and a Service of its own. */
function hosts(count: number): readonly KubeObject[] {
  return Array.from({ length: count }, (_, index) => hostObjects(index, "/")).flat();
}

function hostObjects(index: number, path: string): readonly KubeObject[] {
  const name = `web-${index}`;
  const metadata = { name, namespace: "default", creationTimestamp: "2026-01-01T00:00:00Z" };
  const backend = { service: { name, port: { number: 80 } } };
  const rules = [
    {
      host: `${name}.example.com`,
      http: { paths: [{ path, pathType: "Prefix" as const, backend }] },
    },
  ];
  return [
    toObject({ apiVersion: "networking.k8s.io/v1", kind: "Ingress", metadata, spec: { rules } }),
    toObject({ apiVersion: "v1", kind: "Service", metadata, spec: { ports: [{ port: 80 }] } }),
  ];
}

test("an edit computes what it changes and no more, whatever the size of the world", () => {
  const costs = [100, 1000].map((count) => {
    const pipeline = rebuild(hosts(count));
    const before = pipeline.counts().recomputed;
    for (const object of hostObjects(7, "/changed")) pipeline.set(object);
    pipeline.flush();
    return pipeline.counts().recomputed - before;
  });
  assert.equal(costs[0], costs[1]);
  assert.ok((costs[0] ?? 0) > 0 && (costs[0] ?? 0) < 20, `${costs[0]} nodes`);
});

test("the change published for an edit holds what differs and nothing else", () => {
  const pipeline = rebuild(hosts(50));
  pipeline.takeChange();
  for (const object of hostObjects(7, "/changed")) pipeline.set(object);
  pipeline.flush();
  const { set, removed } = pipeline.takeChange();
  assert.deepEqual(
    set.map(({ type, name }) => `${type} ${name}`),
    ["routes host/web-7.example.com"],
  );
  assert.deepEqual(removed, []);
});

function certificateFor(index: number): readonly KubeObject[] {
  const host = `web-${index}.example.com`;
  const metadata = {
    name: `tls-${index}`,
    namespace: "default",
    creationTimestamp: "2026-01-01T00:00:00Z",
  };
  const pair = selfSigned([host]);
  const base64 = (text: string): string => Buffer.from(text).toString("base64");
  const data = { "tls.crt": base64(pair.certificate), "tls.key": base64(pair.key) };
  const tls = [{ hosts: [host], secretName: metadata.name }];
  return [
    toObject({ apiVersion: "v1", kind: "Secret", metadata, type: "kubernetes.io/tls", data }),
    toObject({ apiVersion: "networking.k8s.io/v1", kind: "Ingress", metadata, spec: { tls } }),
  ];
}

test("of the secrets that proxies ask for by server name, those that may have changed are looked at again", () => {
  const pipeline = rebuild([...hosts(20), ...certificateFor(1), ...certificateFor(2)]);
  const live = pipeline.counts().live;
  const names = ["web-1.example.com", "web-2.example.com", "web-3.example.com"];
  for (const name of names) pipeline.secretsInUse.added(name);
  pipeline.flush();
  assert.deepEqual([...pipeline.takeDueSecrets()].sort(), names);
  for (const object of hostObjects(7, "/changed")) pipeline.set(object);
  pipeline.flush();
  assert.deepEqual(pipeline.takeDueSecrets(), []);
  for (const object of certificateFor(2)) pipeline.set(object);
  pipeline.flush();
  assert.deepEqual(pipeline.takeDueSecrets(), ["web-2.example.com"]);
  for (const object of certificateFor(3)) pipeline.set(object);
  pipeline.flush();
  assert.deepEqual(pipeline.takeDueSecrets(), ["web-3.example.com"]);
  for (const object of certificateFor(3)) pipeline.delete(keyOf(object));
  for (const name of names) pipeline.secretsInUse.removed(name);
  pipeline.flush();
  assert.deepEqual(pipeline.takeDueSecrets(), []);
  assert.equal(pipeline.counts().live, live);
});
