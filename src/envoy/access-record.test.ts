import assert from "node:assert/strict";
import test from "node:test";
import { type AccessRecord, parseAccessRecord } from "./access-record.ts";

const line =
  '{"time":"2026-11-24T04:23:41.937Z","method":"GET","path":"/tea?x=1","status":503,"flags":"UF,URX","bytesIn":0,"bytesOut":91,"durationMs":3,"authority":"cafe.example.com","upstreamHost":"127.1.0.1:80","route":"Ingress/default/cafe spec.rules[0]","upstreamFailure":"connection refused","sni":"-","tlsVersion":null}';

test("a line becomes a record; what Envoy had nothing to say about is absent", () => {
  assert.deepEqual(parseAccessRecord(line), {
    ok: true,
    value: {
      time: "2026-11-24T04:23:41.937Z",
      method: "GET",
      path: "/tea?x=1",
      status: 503,
      flags: ["UF", "URX"],
      bytesIn: 0,
      bytesOut: 91,
      durationMs: 3,
      authority: "cafe.example.com",
      upstreamHost: "127.1.0.1:80",
      route: "Ingress/default/cafe spec.rules[0]",
      upstreamFailure: "connection refused",
    } satisfies AccessRecord,
  });
});

test("torn and foreign lines are errors", () => {
  for (const bad of ["", "{", "[]", "null", "{}", '{"time":5}']) {
    assert.equal(parseAccessRecord(bad).ok, false, bad);
  }
});
