import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { test } from "node:test";
import { inspect } from "node:util";
import { selfSigned } from "#test/simulators/self-signed.ts";
import { checkKeyPair } from "./key-pair.ts";

const pair = selfSigned(["a.example.com", "*.example.com"]);
const bytes = (text: string): Uint8Array => Buffer.from(text);

function problemOf(certificate: string, key: string): string {
  const checked = checkKeyPair(bytes(certificate), bytes(key));
  assert.equal(checked.ok, false);
  return checked.ok ? "" : checked.error;
}

test("a certificate and its key pass, with the names and dates of the leaf", () => {
  const checked = checkKeyPair(bytes(pair.certificate), bytes(pair.key));
  assert.ok(checked.ok);
  assert.deepEqual(checked.value.facts.dnsNames, ["a.example.com", "*.example.com"]);
  assert.equal(checked.value.facts.notAfter, "2099-12-31T23:59:59.000Z");
  assert.equal(checked.value.facts.keyType, "ec");
});

test("what stands between the certificates of a chain is left out", () => {
  const noisy = `subject=leaf\n${pair.certificate}\nissuer\n${pair.certificate}-----BEGIN CERTIFICATE-----\ncut`;
  const checked = checkKeyPair(bytes(noisy), bytes(pair.key));
  assert.ok(checked.ok);
  assert.equal(checked.value.certificateChain.match(/BEGIN CERTIFICATE/g)?.length, 2);
  assert.ok(!checked.value.certificateChain.includes("issuer"));
});

test("a key that belongs to another certificate is refused", () => {
  assert.match(problemOf(pair.certificate, selfSigned(["b.example.com"]).key), /does not belong/);
});

test("texts that are no PEM are refused", () => {
  assert.match(problemOf("nonsense", pair.key), /no PEM certificate/);
  assert.match(problemOf(pair.certificate, "nonsense"), /no PEM private key/);
});

test("keys that Envoy would refuse are refused before they reach it", () => {
  const weak = generateKeyPairSync("rsa", { modulusLength: 1024 });
  const edwards = generateKeyPairSync("ed25519");
  const pem = { type: "pkcs8", format: "pem" } as const;
  assert.match(problemOf(pair.certificate, weak.privateKey.export(pem).toString()), /2048 bits/);
  assert.match(problemOf(pair.certificate, edwards.privateKey.export(pem).toString()), /ed25519/);
});

test("an oversized text is refused unread", () => {
  assert.match(problemOf(pair.certificate.repeat(1000), pair.key), /larger than/);
});

test("the key shows itself in no text form", () => {
  const checked = checkKeyPair(bytes(pair.certificate), bytes(pair.key));
  assert.ok(checked.ok);
  const shown = `${inspect(checked.value)} ${JSON.stringify(checked.value)} ${checked.value.privateKey}`;
  assert.ok(!shown.includes(pair.key.split("\n")[1] ?? "?"));
  assert.ok(shown.includes("[redacted]"));
});
