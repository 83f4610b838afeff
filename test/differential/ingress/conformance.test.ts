/** Real Envoy passes every scenario of the upstream conformance suite for Ingress, as their authors wrote them. */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readIngressFeatures, skipWithoutFeatures } from "#test/conformance/ingress-features.ts";
import { certificateOf, echoOf } from "./compare.ts";
import { type ConformanceScenario, readConformance } from "./conformance.ts";
import { type Echo, startEchoPods } from "./echo-pods.ts";
import { type Gate, startGate } from "./gate.ts";
import { Client } from "./send.ts";

const features = readIngressFeatures();

describe("ingress-controller-conformance through real Envoy", { skip: skipWithoutFeatures }, () => {
  for (const [file, feature] of features) {
    it(`${file}: every scenario passes`, async () => {
      await using pods = await startEchoPods();
      // As in a cluster: a class that nobody declared is nobody's. The scenarios' Ingresses name none.
      await using gate = await startGate(
        file === "ingress_class" ? { dialects: { servedClasses: [] } } : {},
      );
      for (const scenario of readConformance(feature, pods.pool)) {
        await gate.apply(scenario.world);
        await check(scenario, gate);
      }
    });
  }
});

async function check(scenario: ConformanceScenario, gate: Gate): Promise<void> {
  const { name, request } = scenario;
  if (request === undefined) {
    await checkNotServed(gate);
    return;
  }
  const answered = new Set<string>();
  // Ten pods, a hundred requests: as upstream sends.
  for (let sent = 0; sent < (scenario.pods === undefined ? 1 : 100); sent += 1) {
    await using client = new Client(gate);
    const observed = await client.send({ ...request, protocol: "h1" });
    assert.ok(observed.kind === "response", name);
    assert.equal(observed.status, scenario.status, name);
    const shown = observed.certificate?.toString("base64");
    assert.equal(shown, certificateOf(scenario.world, scenario.certificate), name);
    const echo = echoOf(observed);
    if (echo === undefined) continue;
    answered.add(echo.address);
    assert.deepEqual(askedOf(echo), [request.method, request.path, request.host], name);
    for (const header of ["content-length", "content-type", "date", "server"]) {
      assert.ok(observed.headers.has(header), `${name}: ${header}`);
    }
    if (scenario.service === undefined) continue;
    assert.ok(podsOf(scenario, scenario.service).includes(echo.address), name);
  }
  assert.equal(answered.size, scenario.status === 200 ? (scenario.pods ?? 1) : 0, name);
}

/** The suite looks at the status only; that nothing is routed follows from the same decision. */
async function checkNotServed(gate: Gate): Promise<void> {
  await using client = new Client(gate);
  const observed = await client.send({
    scheme: "http",
    host: "ingress-class",
    path: "/",
    protocol: "h1",
  });
  assert.ok(observed.kind === "response" && observed.status === 404);
}

function askedOf({ method, path, headers }: Echo): readonly unknown[] {
  return [method, path, headers["host"] ?? ""];
}

function podsOf({ world }: ConformanceScenario, service: string): readonly string[] {
  return world.flatMap((manifest) =>
    manifest.kind === "EndpointSlice" &&
    manifest.metadata.labels?.["kubernetes.io/service-name"] === service
      ? manifest.endpoints.flatMap(({ addresses }) => addresses)
      : [],
  );
}
