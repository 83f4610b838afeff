import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject } from "#base/json.ts";
import type { Problem } from "#base/schema.ts";
import { acmeIssuer, acmeIssuerStatus } from "./acme-issuer.ts";

const least = {
  server: "https://acme.example/directory",
  privateKeySecretRef: { name: "account-key" },
};

function problemsOf(value: JsonObject): readonly Problem[] {
  const problems: Problem[] = [];
  acmeIssuer(value, { path: "spec.acme", problems });
  return problems;
}

test("a server and a place for the account's key are enough", () => {
  assert.deepEqual(problemsOf(least), []);
});

test("a server without a place for the account's key is refused", () => {
  const [problem] = problemsOf({ server: least.server });
  assert.equal(problem?.path, "spec.acme.privateKeySecretRef");
  assert.equal(problem?.problem, "missing");
});

test("authorities for a server that is not verified at all are refused", () => {
  const [problem] = problemsOf({ ...least, caBundle: "Q0E=", skipTLSVerify: true });
  assert.equal(problem?.message, "has caBundle and skipTLSVerify, of which only one can be");
  assert.deepEqual(problemsOf({ ...least, caBundle: "Q0E=", skipTLSVerify: false }), []);
});

test("an account's status says where it is, for whom and under which key", () => {
  const status = {
    uri: "https://acme.example/1",
    lastRegisteredEmail: "",
    lastPrivateKeyHash: "x",
  };
  assert.deepEqual(acmeIssuerStatus(status, { path: "status.acme", problems: [] }), status);
});
