/** How many statistics Envoy keeps: as many as there are Services, however many hosts, routes and secrets. */

import assert from "node:assert/strict";
import { once } from "node:events";
import http from "node:http";
import https from "node:https";
import { test } from "node:test";
import type { KubeObject } from "#kinds/object.ts";
import { toObject } from "#test/differential/ingress/gate.ts";
import { selfSigned } from "#test/simulators/self-signed.ts";
import { startEcho } from "./harness/host-world.ts";
import { startTestGate, type TestGate } from "./harness/test-gate.ts";

const stamp = "2026-01-01T00:00:00Z";

interface Meta {
  readonly name: string;
  readonly namespace: string;
  readonly creationTimestamp: string;
}

function meta(name: string): Meta {
  return { name, namespace: "default", creationTimestamp: stamp };
}

/** One Service for all, `hosts` hosts of `paths` paths each, every one with a certificate of its own. */
function world(hosts: number, paths: number, port: number): readonly KubeObject[] {
  const backend = { service: { name: "web", port: { number: 80 } } };
  const base64 = (text: string): string => Buffer.from(text).toString("base64");
  const ofHosts = Array.from({ length: hosts }, (_, index) => {
    const host = `h${index}.test`;
    const pair = selfSigned([host]);
    const rules = Array.from({ length: paths }, (_path, at) => ({
      path: `/p${at}`,
      pathType: "Prefix" as const,
      backend,
    }));
    return [
      toObject({
        apiVersion: "v1",
        kind: "Secret",
        metadata: meta(`tls-${index}`),
        type: "kubernetes.io/tls",
        data: { "tls.crt": base64(pair.certificate), "tls.key": base64(pair.key) },
      }),
      toObject({
        apiVersion: "networking.k8s.io/v1",
        kind: "Ingress",
        metadata: meta(`web-${index}`),
        spec: {
          tls: [{ hosts: [host], secretName: `tls-${index}` }],
          rules: [{ host, http: { paths: rules } }],
        },
      }),
    ];
  });
  return [
    toObject({
      apiVersion: "v1",
      kind: "Service",
      metadata: meta("web"),
      spec: { ports: [{ port: 80 }] },
    }),
    toObject({
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: { ...meta("web-1"), labels: { "kubernetes.io/service-name": "web" } },
      addressType: "IPv4",
      ports: [{ port }],
      endpoints: [{ addresses: ["127.0.0.1"], conditions: { ready: true } }],
    }),
    ...ofHosts.flat(),
  ];
}

async function ask(gate: TestGate, host: string, path: string): Promise<void> {
  const target = { host: "127.0.0.1", path, headers: { host }, agent: false } as const;
  const requests = [
    http.get({ ...target, port: gate.http }),
    https.get({ ...target, port: gate.https, servername: host, rejectUnauthorized: false }),
  ];
  for (const request of requests) {
    const [response] = (await once(request, "response")) as [http.IncomingMessage];
    response.resume();
    await once(response, "end");
    assert.equal(response.statusCode, 200);
  }
}

/** Names of all statistics, ports left out, once every route of every host has answered. */
async function namesAfterUse(gate: TestGate, hosts: number, paths: number): Promise<Set<string>> {
  for (let host = 0; host < hosts; host += 1) {
    for (let path = 0; path < paths; path += 1) await ask(gate, `h${host}.test`, `/p${path}`);
  }
  const lines = (await gate.admin("/stats")).trim().split("\n");
  return new Set(lines.map((line) => (line.split(": ")[0] ?? "").replace(/_\d+\./, ".")));
}

for (const certificates of ["chains", "on-demand"] as const) {
  test(`the number of statistics does not depend on the number of hosts, routes and secrets, certificates ${certificates}`, async () => {
    await using echo = await startEcho();
    const counts: Set<string>[] = [];
    for (const [hosts, paths] of [
      [2, 1],
      [12, 5],
    ] as const) {
      await using gate = await startTestGate({ certificates });
      assert.deepEqual(await gate.apply(world(hosts, paths, echo.port)), []);
      counts.push(await namesAfterUse(gate, hosts, paths));
    }
    const [few = new Set(), many = new Set()] = counts;
    assert.deepEqual([...many.difference(few)], []);
    assert.ok(many.size > 100 && many.size < 700, `${many.size} statistics`);
  });
}

test("answers of backends are counted by status, unless the listeners are told that nobody reads it", async () => {
  await using echo = await startEcho();
  for (const countsAnswers of [true, false]) {
    await using gate = await startTestGate({ listeners: { countsAnswers } });
    assert.deepEqual(await gate.apply(world(1, 1, echo.port)), []);
    const names = [...(await namesAfterUse(gate, 1, 1))];
    const has = (end: string): boolean =>
      names.some((name) => /^cluster\.default\/web/.test(name) && name.endsWith(end));
    assert.equal(has(".upstream_rq_total"), true);
    assert.equal(has(".upstream_rq_2xx"), countsAnswers);
  }
});

test("with route statistics each route that was used has one family, labelled with host and rule", async () => {
  await using echo = await startEcho();
  await using gate = await startTestGate({ routeStatistics: true });
  assert.deepEqual(await gate.apply(world(2, 3, echo.port)), []);
  await namesAfterUse(gate, 2, 3);
  const text = await gate.admin("/stats/prometheus");
  const totals = text
    .split("\n")
    .filter((line) => line.startsWith("envoy_vhost_route_upstream_rq_total{"));
  const used = totals.filter((line) => line.endsWith(" 2"));
  assert.equal(used.length, 6);
  assert.ok(
    used.some(
      (line) =>
        line.includes('sekisho_host="h1.test"') &&
        line.includes('sekisho_route="Ingress/default/web-1 spec.rules[0].http.paths[2]"'),
    ),
    used.join("\n"),
  );
  const families = new Set(
    [...text.matchAll(/^# TYPE (envoy_vhost_route_\S+)/gm)].map(([, name]) => name),
  );
  assert.deepEqual([...families].sort(), [
    "envoy_vhost_route_upstream_rq_retry",
    "envoy_vhost_route_upstream_rq_time",
    "envoy_vhost_route_upstream_rq_timeout",
    "envoy_vhost_route_upstream_rq_total",
    "envoy_vhost_route_upstream_rq_xx",
  ]);
});
