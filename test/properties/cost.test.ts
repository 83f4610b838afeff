import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { formatKey, type KubeObject, keyOf, parseKey } from "#kinds/object.ts";
import { toObject } from "#test/differential/ingress/gate.ts";
import { storedObject } from "#test/documents/stored-object.ts";
import { selfSigned } from "#test/simulators/self-signed.ts";
import { createPipeline, rebuild } from "./driven-pipeline.ts";
import { dns, edits, layout, objects } from "./edits.ts";
import { seeded } from "./seeded.ts";

test("when all objects are gone, nothing of them is alive", (context) => {
  fc.assert(
    fc.property(objects, edits, layout, dns, (first, sequence, kind, answers) => {
      const driven = createPipeline(kind, answers);
      const before = { live: driven.pipeline.counts().live, outcome: driven.outcome() };
      const known = new Set<string>();
      for (const one of [{ kind: "set", set: first } as const, ...sequence]) {
        if (one.kind === "flush") driven.flush();
        if (one.kind === "resolve") driven.resolve(one.dns);
        if (one.kind !== "set") continue;
        driven.set(one.set);
        for (const object of one.set) known.add(formatKey(keyOf(object)));
      }
      for (const key of known) driven.delete(parseKey(key));
      driven.flush();
      assert.deepEqual({ live: driven.pipeline.counts().live, outcome: driven.outcome() }, before);
      assert.deepEqual([...driven.namesInUse], []);
    }),
    seeded(context),
  );
});

const strangersPair = selfSigned(["strangers.invalid"]);

/** `count` hosts that the random worlds can say nothing about: each takes every path, and they share a certificate. */
function strangers(count: number): readonly KubeObject[] {
  const about = { namespace: "strangers", creationTimestamp: "2026-01-01T00:00:00Z" };
  const base64 = (text: string): string => Buffer.from(text).toString("base64");
  const { certificate, key } = strangersPair;
  const secret = toObject({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { ...about, name: "shared" },
    type: "kubernetes.io/tls",
    data: { "tls.crt": base64(certificate), "tls.key": base64(key) },
  });
  const backend = { service: { name: "web", port: { number: 80 } } };
  const paths = [{ path: "/", pathType: "Prefix" as const, backend }];
  const ingresses = Array.from({ length: count }, (_, index) => {
    const host = `stranger-${index}.invalid`;
    return toObject({
      apiVersion: "networking.k8s.io/v1",
      kind: "Ingress",
      metadata: { ...about, name: `stranger-${index}` },
      // Without a class it would be told of every class that may be the default.
      spec: {
        ingressClassName: "strangers",
        rules: [{ host, http: { paths } }],
        tls: [{ hosts: [host], secretName: "shared" }],
      },
    });
  });
  return [secret, ...ingresses];
}

test("what an edit computes does not grow with what it does not touch", (context) => {
  fc.assert(
    fc.property(objects, edits, layout, dns, (first, sequence, kind, answers) => {
      const costs = [0, 8].map((count) => {
        const driven = rebuild([...first, ...strangers(count)], kind, answers);
        const known = new Set(first.map((object) => formatKey(keyOf(object))));
        return sequence.map((one) => {
          const before = driven.pipeline.counts().recomputed;
          if (one.kind === "set") {
            driven.set(one.set);
            for (const object of one.set) known.add(formatKey(keyOf(object)));
          }
          if (one.kind === "resolve") driven.resolve(one.dns);
          if (one.kind === "delete") {
            const key = [...known][one.index];
            if (key !== undefined) driven.delete(parseKey(key));
          }
          driven.flush();
          return driven.pipeline.counts().recomputed - before;
        });
      });
      assert.deepEqual(costs[1], costs[0]);
    }),
    seeded(context),
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
    const { pipeline } = rebuild(hosts(count));
    const before = pipeline.counts().recomputed;
    for (const object of hostObjects(7, "/changed")) pipeline.set(object);
    pipeline.flush();
    return pipeline.counts().recomputed - before;
  });
  assert.equal(costs[0], costs[1]);
  assert.ok((costs[0] ?? 0) > 0 && (costs[0] ?? 0) < 20, `${costs[0]} nodes`);
});

/** A VirtualServer with a host of its own; all of them lead to one Service. */
function server(index: number, path: string): KubeObject {
  const upstreams = [{ name: "web", service: "web", port: 80 }];
  return storedObject({
    apiVersion: "k8s.nginx.org/v1",
    kind: "VirtualServer",
    metadata: {
      ...{ name: `web-${index}`, namespace: "default" },
      creationTimestamp: "2026-01-01T00:00:00Z",
    },
    spec: {
      host: `web-${index}.example.com`,
      upstreams,
      routes: [{ path, action: { pass: "web" } }],
    },
  });
}

test("an edit of a VirtualServer computes what it changes and no more, however many share its Service", () => {
  const costs = [20, 200].map((count) => {
    const { pipeline } = rebuild(Array.from({ length: count }, (_, index) => server(index, "/")));
    const before = pipeline.counts().recomputed;
    pipeline.set(server(7, "/changed"));
    pipeline.flush();
    return pipeline.counts().recomputed - before;
  });
  assert.equal(costs[0], costs[1]);
  assert.ok((costs[0] ?? 0) > 0 && (costs[0] ?? 0) < 20, `${costs[0]} nodes`);
});

test("a status that is written back computes nothing, and is known", () => {
  const { pipeline } = rebuild(hosts(10));
  const [ingress] = hostObjects(7, "/");
  assert.ok(ingress !== undefined);
  const status = { loadBalancer: { ingress: [{ ip: "192.0.2.1" }] } };
  const { recomputed } = pipeline.counts();
  const metadata = { ...ingress.metadata, resourceVersion: "next" };
  pipeline.set({ ...ingress, metadata, status });
  pipeline.flush();
  assert.equal(pipeline.counts().recomputed, recomputed);
  assert.deepEqual(pipeline.statusOf(formatKey(keyOf(ingress))), status);
});

test("an edit right before a status is written back is not lost", () => {
  const { pipeline } = rebuild(hosts(10));
  const [ingress] = hostObjects(7, "/changed");
  assert.ok(ingress !== undefined);
  pipeline.set(ingress);
  pipeline.set({ ...ingress, status: { loadBalancer: {} } });
  const { recomputed } = pipeline.counts();
  pipeline.flush();
  assert.notEqual(pipeline.counts().recomputed, recomputed);
});

test("the change published for an edit holds what differs and nothing else", () => {
  const { pipeline } = rebuild(hosts(50));
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
  const { pipeline } = rebuild([...hosts(20), ...certificateFor(1), ...certificateFor(2)]);
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

test("a certificate that is replaced builds its secret and nothing else, in both layouts", () => {
  for (const kind of ["chains", "on-demand"] as const) {
    const driven = rebuild([...certificateFor(1), ...certificateFor(2)], kind);
    driven.takeBuilt();
    driven.set(certificateFor(2).slice(0, 1));
    driven.flush();
    assert.deepEqual(driven.takeBuilt(), ["secret default/tls-2"]);
  }
});
