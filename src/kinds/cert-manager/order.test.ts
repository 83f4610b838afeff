import assert from "node:assert/strict";
import { test } from "node:test";
import { storedObject } from "#test/fakes/stored-object.ts";
import { read } from "../kind.ts";
import { challengeKind } from "./challenge.ts";
import { orderKind } from "./order.ts";

const issuerRef = { name: "prod", kind: "ClusterIssuer" };

test("an Order shows where it stands, and why", () => {
  const object = storedObject({
    apiVersion: "acme.cert-manager.io/v1",
    kind: "Order",
    body: { spec: { request: "Q1NS", issuerRef, dnsNames: ["a.example"] } },
    status: { state: "invalid", reason: "nobody answers" },
  });
  const known = read(orderKind, object);
  assert.deepEqual(known.problems, []);
  assert.deepEqual(
    orderKind.columns.map((column) => [column.title, column.value(known)]),
    [
      ["STATE", "invalid"],
      ["ISSUER", "prod"],
      ["REASON", "nobody answers"],
    ],
  );
});

test("a Challenge shows which name it is about", () => {
  const object = storedObject({
    apiVersion: "acme.cert-manager.io/v1",
    kind: "Challenge",
    body: {
      spec: {
        ...{ url: "https://acme.example/c/1", authorizationURL: "https://acme.example/a/1" },
        ...{ dnsName: "a.example", type: "HTTP-01", token: "t", key: "t.k" },
        ...{ solver: { http01: {} }, issuerRef },
      },
    },
  });
  const known = read(challengeKind, object);
  assert.deepEqual(known.problems, []);
  assert.equal(challengeKind.columns[1]?.value(known), "a.example");
  assert.equal(challengeKind.columns[0]?.value(known), "");
});
