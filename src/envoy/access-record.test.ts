import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { type AccessRecord, formatAccessRecord, parseAccessRecord } from "./access-record.ts";

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

test("as text it names status, flags, request, upstream, origin, place and failure", () => {
  const record = parseAccessRecord(line);
  assert.ok(record.ok);
  assert.equal(
    formatAccessRecord(record.value, "cafe.yaml:12"),
    "04:23:41.937 503 [UF,URX] GET cafe.example.com/tea?x=1 3ms → 127.1.0.1:80 Ingress/default/cafe spec.rules[0] (cafe.yaml:12) – connection refused",
  );
});

test("a refused handshake is told as a connection", () => {
  const record = parseAccessRecord(
    '{"time":"2026-11-24T04:23:41.937Z","status":0,"flags":"NR","durationMs":0,"client":"127.0.0.1:5","sni":"x.test","details":"filter_chain_not_found"}',
  );
  assert.ok(record.ok);
  assert.equal(
    formatAccessRecord(record.value),
    "04:23:41.937 --- [NR] connection from 127.0.0.1:5 for x.test 0ms – filter_chain_not_found",
  );
});

test("nothing a client sends reaches the terminal as a control character", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (path) => {
      const text = formatAccessRecord({
        time: "2026-11-24T04:23:41.937Z",
        method: "GET",
        path,
        status: 200,
        flags: [],
        bytesIn: 0,
        bytesOut: 0,
        durationMs: 0,
      });
      assert.doesNotMatch(text, /[\p{Cc}\p{Cf}]/u);
    }),
  );
});
