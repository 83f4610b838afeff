import assert from "node:assert/strict";
import { test } from "node:test";
import type { Json, JsonObject } from "#base/json.ts";
import { type Known, read } from "#kinds/kind.ts";
import type { KubeObject } from "#kinds/object.ts";
import { podKind } from "#kinds/pod.ts";
import { type Service, serviceKind } from "#kinds/service.ts";
import type { Draft } from "#store/object-store.ts";
import { buildEndpointSlices, hasOwnSlices, type PodAddress } from "./endpoint-slices.ts";

function meta(name: string, labels: Readonly<Record<string, string>> = {}): KubeObject["metadata"] {
  return {
    name,
    namespace: "default",
    uid: `uid-${name}`,
    creationTimestamp: "2026-01-01T00:00:00Z",
    generation: 1,
    resourceVersion: "1",
    labels,
    annotations: {},
    finalizers: [],
    ownerReferences: [],
  };
}

function readService(spec: JsonObject): Known<Service> {
  const object: KubeObject = {
    apiVersion: "v1",
    kind: "Service",
    metadata: meta("web", { team: "a" }),
    body: { spec },
  };
  return read(serviceKind, object);
}

interface PodShape {
  readonly ready?: boolean;
  readonly going?: boolean;
  readonly phase?: string;
  readonly ports?: Json;
  readonly extra?: JsonObject;
  readonly shift?: number;
}

function pod(name: string, ip: string | undefined, shape: PodShape = {}): PodAddress {
  const {
    ready = true,
    going = false,
    phase = "Running",
    ports = [],
    extra = {},
    shift = 0,
  } = shape;
  const object: KubeObject = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { ...meta(name), ...(going ? { deletionTimestamp: "2026-01-01T00:00:00Z" } : {}) },
    body: { spec: { nodeName: "n", containers: [{ name: "c", image: "i", ports }], ...extra } },
    status: {
      phase,
      ...(ip === undefined ? {} : { podIP: ip }),
      conditions: [{ type: "Ready", status: ready ? "True" : "False" }],
    },
  };
  return { pod: read(podKind, object), reach: (port) => port + shift };
}

const selector = { app: "web" };
const http = { name: "http", port: 80, targetPort: 8080 };

function only(slices: readonly Draft[]): Draft {
  assert.equal(slices.length, 1);
  const [slice] = slices;
  assert.ok(slice);
  return slice;
}

function endpoints(slice: Draft): readonly JsonObject[] {
  return slice.body["endpoints"] as readonly JsonObject[];
}

test("a slice names its Service, its maker and its owner, and carries the Service's labels", () => {
  const slice = only(
    buildEndpointSlices(readService({ selector, ports: [http] }), [pod("a", "127.9.0.1")], []),
  );
  assert.match(slice.metadata.name, /^web-[a-z0-9]{5}$/);
  assert.deepEqual(slice.metadata.labels, {
    team: "a",
    "kubernetes.io/service-name": "web",
    "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
  });
  assert.deepEqual(
    slice.metadata.ownerReferences?.map(({ kind, uid }) => [kind, uid]),
    [["Service", "uid-web"]],
  );
  assert.deepEqual(slice.body["ports"], [{ name: "http", port: 8080, protocol: "TCP" }]);
  assert.deepEqual(endpoints(slice), [
    {
      addresses: ["127.9.0.1"],
      conditions: { ready: true, serving: true, terminating: false },
      targetRef: { kind: "Pod", name: "a", namespace: "default", uid: "uid-a" },
      nodeName: "n",
    },
  ]);
});

test("readiness and termination show as conditions; pods that ended or have no address are left out", () => {
  const pods = [
    pod("ready", "127.9.0.1"),
    pod("not", "127.9.0.2", { ready: false }),
    pod("going", "127.9.0.3", { going: true }),
    pod("ended", "127.9.0.4", { phase: "Failed" }),
    pod("early", undefined),
  ];
  const conditions = (spec: JsonObject): readonly unknown[] =>
    endpoints(only(buildEndpointSlices(readService(spec), pods, []))).map(
      (entry) => entry["conditions"],
    );
  assert.deepEqual(conditions({ selector, ports: [http] }), [
    { ready: true, serving: true, terminating: false },
    { ready: false, serving: false, terminating: false },
    { ready: false, serving: true, terminating: true },
  ]);
  assert.deepEqual(conditions({ selector, ports: [http], publishNotReadyAddresses: true }), [
    { ready: true, serving: true, terminating: false },
    { ready: true, serving: false, terminating: false },
    { ready: true, serving: true, terminating: true },
  ]);
});

test("a named target port is looked up in each pod; pods with other numbers have a slice of their own", () => {
  const named = readService({ selector, ports: [{ name: "http", port: 80, targetPort: "web" }] });
  const port = (containerPort: number): Json => [{ name: "web", containerPort }];
  const slices = buildEndpointSlices(
    named,
    [
      pod("a", "127.9.0.1", { ports: port(8080) }),
      pod("b", "127.9.0.2", { ports: port(9090) }),
      pod("c", "127.9.0.3", { ports: port(8080) }),
      pod("d", "127.9.0.4"),
    ],
    [],
  );
  const shape = slices.map((slice) => [
    (slice.body["ports"] as readonly JsonObject[]).map((entry) => entry["port"]),
    endpoints(slice).flatMap((entry) => entry["addresses"]),
  ]);
  assert.deepEqual(shape, [
    [[8080], ["127.9.0.1", "127.9.0.3"]],
    [[9090], ["127.9.0.2"]],
    [[], ["127.9.0.4"]],
  ]);
  assert.equal(new Set(slices.map(({ metadata }) => metadata.name)).size, 3);
});

test("a moved port is the one that is written", () => {
  const slice = only(
    buildEndpointSlices(
      readService({ selector, ports: [{ port: 80 }] }),
      [pod("a", "127.9.0.1", { shift: 20_000 })],
      [],
    ),
  );
  assert.deepEqual(slice.body["ports"], [{ name: "", port: 20_080, protocol: "TCP" }]);
});

test("headless Services are marked, and pods of their subdomain have host names", () => {
  const headless = readService({ selector, clusterIP: "None", ports: [http] });
  const extra = { hostname: "db-0", subdomain: "web" };
  const slice = only(buildEndpointSlices(headless, [pod("a", "127.9.0.1", { extra })], []));
  assert.equal(slice.metadata.labels?.["service.kubernetes.io/headless"], "");
  assert.equal(endpoints(slice)[0]?.["hostname"], "db-0");
});

test("a Service without pods has one empty slice", () => {
  const slice = only(buildEndpointSlices(readService({ selector, ports: [http] }), [], []));
  assert.deepEqual(slice.body, { addressType: "IPv4", endpoints: [], ports: [] });
});

test("a slice holds at most 100 endpoints, and each stays where it is listed", () => {
  const web = readService({ selector, ports: [http] });
  const pods = Array.from({ length: 205 }, (_, index) => pod(`p${index}`, `127.9.1.${index}`));
  const first = buildEndpointSlices(web, pods, []);
  assert.deepEqual(
    first.map((slice) => endpoints(slice).length),
    [100, 100, 5],
  );
  const stored = first.map((slice) => ({ ...slice, metadata: { ...meta(slice.metadata.name) } }));
  const second = buildEndpointSlices(web, pods.slice(1), stored);
  assert.deepEqual(
    second.map((slice) => endpoints(slice).length),
    [99, 100, 5],
  );
  assert.deepEqual(second.slice(1), first.slice(1));
});

test("ExternalName and selector-less Services are left to the user", () => {
  assert.equal(
    hasOwnSlices(readService({ type: "ExternalName", externalName: "a.b" }).value),
    false,
  );
  assert.equal(hasOwnSlices(readService({ ports: [http] }).value), false);
  assert.equal(hasOwnSlices(readService({ selector, ports: [http] }).value), true);
});
