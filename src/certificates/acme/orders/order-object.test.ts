import assert from "node:assert/strict";
import { test } from "node:test";
import { fnv32 } from "#base/fnv.ts";
import { storedObject } from "#test/fakes/stored-object.ts";
import { orderDraft } from "./order-object.ts";

const spec = {
  request: "Q1NS",
  issuerRef: { name: "prod", kind: "ClusterIssuer" },
  dnsNames: ["a.example.com"],
};

function nameFor(request: string, more: object = {}): string {
  const object = storedObject({
    apiVersion: "cert-manager.io/v1",
    kind: "CertificateRequest",
    metadata: { name: request },
    body: {},
  });
  return orderDraft(object, { ...spec, ...more }).metadata.name;
}

test("FNV-1 gives what its authors' test vectors say", () => {
  assert.equal(fnv32(Buffer.from("")), 0x811c9dc5);
  assert.equal(fnv32(Buffer.from("a")), 0x050c5d7e);
  assert.equal(fnv32(Buffer.from("foobar")), 0x31f0b262);
});

test("an Order is named after its request and what is ordered, as Go writes that without the request", () => {
  const json = `{"request":null,"issuerRef":{"name":"prod","kind":"ClusterIssuer"},"dnsNames":["a.example.com"]}`;
  assert.equal(nameFor("web-1"), `web-1-${fnv32(Buffer.from(json))}`);
  assert.equal(nameFor("web-1", { request: "other" }), nameFor("web-1"));
  assert.notEqual(nameFor("web-1", { profile: "shortlived" }), nameFor("web-1"));
});

test("long names are cut, and stay apart", () => {
  const [one, other] = [nameFor(`${"a".repeat(60)}-1`), nameFor(`${"a".repeat(60)}-2`)];
  assert.ok(one.length <= 63);
  assert.notEqual(one, other);
});
