import assert from "node:assert/strict";
import { test } from "node:test";
import { formatOrigin } from "#base/origin.ts";
import { Graph } from "#base/tracked/graph.ts";
import type { AccessRecord } from "#envoy/access-record.ts";
import { ingressKind } from "#kinds/ingress.ts";
import { Gateway } from "#model/gateway.ts";
import { hostFromText } from "#model/host.ts";
import { originOfRecord } from "./route-origin.ts";

/** A gateway whose one object names a certificate for a.test and for no other name. */
function createGateway(): Gateway {
  const onBug = (error: unknown): never => {
    throw error;
  };
  const nobody = { added: () => undefined, removed: () => undefined };
  const gateway = new Gateway(
    new Graph({ onBug }),
    { hosts: nobody, serverNames: nobody },
    { isUsable: () => false, keyTypeFor: () => undefined },
  );
  const object = { kind: ingressKind.id, namespace: "default", name: "cafe" };
  gateway.setFragment("Ingress/default/cafe", {
    seniority: { creationTimestamp: "", ...object },
    claimed: true,
    rules: [],
    certificates: [
      {
        host: hostFromText("a.test"),
        secret: { namespace: "default", name: "gone" },
        origin: { ...object, path: "spec.tls[0].hosts[0]" },
      },
    ],
    findings: [],
  });
  return gateway;
}

const base = { time: "2026-01-01T00:00:00Z", status: 0, flags: [], bytesIn: 0, bytesOut: 0 };

/** What a record says → what decided. */
const cases: Readonly<Record<string, readonly [Partial<AccessRecord>, string | undefined]>> = {
  "a request that a rule answered": [
    { method: "GET", route: "Ingress/default/cafe spec.rules[0]" },
    "Ingress/default/cafe spec.rules[0]",
  ],
  "a request that nobody claims": [{ method: "GET", route: "Gate//unclaimed" }, undefined],
  "a request that found no route": [{ method: "GET", sni: "a.test" }, undefined],
  "a handshake that an object's certificate decides": [
    { sni: "A.test." },
    "Ingress/default/cafe spec.tls[0].hosts[0]",
  ],
  "a handshake for a name that no object names": [{ sni: "b.test" }, undefined],
  "a handshake for no name": [{}, undefined],
};

for (const [what, [record, expected]] of Object.entries(cases)) {
  test(`${what} was decided by ${expected ?? "nobody"}`, () => {
    const origin = originOfRecord({ ...base, durationMs: 0, ...record }, createGateway());
    assert.equal(origin && formatOrigin(origin), expected);
  });
}
