import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { AccessRecord } from "#envoy/access-record.ts";
import { formatAccess } from "./access-line.ts";

const plain: AccessRecord = {
  time: "2026-11-24T04:23:41.937Z",
  method: "GET",
  path: "/tea?x=1",
  status: 200,
  flags: [],
  bytesIn: 0,
  bytesOut: 91,
  durationMs: 3,
  authority: "cafe.example.com",
  upstreamHost: "127.1.0.1:80",
  route: "Ingress/default/cafe spec.rules[0]",
  details: "via_upstream",
};
const place = { file: "cafe.yaml", line: 12, column: 9 };

const lines: Readonly<Record<string, readonly [AccessRecord, typeof place | undefined, string]>> = {
  "an answer: status, request, time, endpoint, and the line that decided": [
    plain,
    place,
    "04:23:41Z 200 GET http://cafe.example.com/tea?x=1 3ms → 127.1.0.1:80  cafe.yaml:12 Ingress/default/cafe spec.rules[0]",
  ],
  "a failure: Envoy's flags, and its reason at the end": [
    { ...plain, status: 503, flags: ["UF", "URX"], upstreamFailure: "connection refused" },
    place,
    "04:23:41Z 503 UF,URX GET http://cafe.example.com/tea?x=1 3ms → 127.1.0.1:80  cafe.yaml:12 Ingress/default/cafe spec.rules[0] – connection refused",
  ],
  "an object that is in no file: its name alone": [
    { ...plain, tlsVersion: "TLSv1.3" },
    undefined,
    "04:23:41Z 200 GET https://cafe.example.com/tea?x=1 3ms → 127.1.0.1:80  Ingress/default/cafe spec.rules[0]",
  ],
  "a host of nobody's": [
    {
      time: plain.time,
      method: "GET",
      path: "/",
      authority: "x.test",
      status: 404,
      flags: [],
      bytesIn: 0,
      bytesOut: 0,
      durationMs: 0,
      route: "Gate//unclaimed",
    },
    undefined,
    "04:23:41Z 404 GET http://x.test/ 0ms  no object claims this host",
  ],
  "a handshake that was refused, and the entry that named a certificate for it": [
    {
      time: plain.time,
      status: 0,
      flags: [],
      bytesIn: 0,
      bytesOut: 7,
      durationMs: 0,
      client: "127.0.0.1:5",
      sni: "x.test",
      details: "direct_response",
      route: "Ingress/default/cafe spec.tls[0]",
    },
    place,
    "04:23:41Z --- connection from 127.0.0.1:5 for x.test 0ms  cafe.yaml:12 Ingress/default/cafe spec.tls[0] – handshake refused",
  ],
  "a connection that ended without a request": [
    {
      time: plain.time,
      status: 0,
      flags: ["NR"],
      bytesIn: 0,
      bytesOut: 0,
      durationMs: 0,
      client: "127.0.0.1:5",
      sni: "x.test",
      details: "filter_chain_not_found",
    },
    undefined,
    "04:23:41Z --- NR connection from 127.0.0.1:5 for x.test 0ms – filter_chain_not_found",
  ],
};

for (const [what, [record, at, line]] of Object.entries(lines)) {
  test(`a line shows ${what}`, () => {
    assert.equal(formatAccess(record, at), line);
  });
}

test("nothing a client sends reaches the terminal as a control character", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (path) => {
      assert.doesNotMatch(formatAccess({ ...plain, path }, place), /[\p{Cc}\p{Cf}]/u);
    }),
  );
});
