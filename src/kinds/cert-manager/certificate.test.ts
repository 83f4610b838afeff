import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject } from "#base/json.ts";
import { storedObject } from "#test/fakes/stored-object.ts";
import { read } from "../kind.ts";
import { certificateKind } from "./certificate.ts";

const least = { secretName: "web", issuerRef: { name: "ca" }, dnsNames: ["web.example.com"] };

function problems(spec: JsonObject): readonly string[] {
  const object = storedObject({
    ...{ apiVersion: "cert-manager.io/v1", kind: "Certificate" },
    body: { spec: { ...least, ...spec } },
  });
  return read(certificateKind, object).problems.map(({ path, message }) => `${path}: ${message}`);
}

test("every field is read, with what may be in it", () => {
  const spec = {
    commonName: "web.example.com",
    subject: { organizations: ["Example"], serialNumber: "1" },
    ipAddresses: ["10.0.0.1"],
    uris: ["spiffe://example.com/web"],
    emailAddresses: ["web@example.com"],
    otherNames: [{ oid: "1.3.6.1.4.1.311.20.2.3", utf8Value: "web" }],
    duration: "2160h0m0s",
    renewBefore: "360h0m0s",
    renewal: { windows: [{ cron: "0 2 * * 6", windowDuration: "4h", timezone: "Asia/Tokyo" }] },
    isCA: true,
    usages: ["server auth", "client auth"],
    encodeUsagesInRequest: false,
    privateKey: { rotationPolicy: "Never", algorithm: "ECDSA", encoding: "PKCS8", size: 384 },
    signatureAlgorithm: "ECDSAWithSHA384",
    secretTemplate: {
      labels: { a: "b" },
      annotations: { "cert-manager.io/allow-direct-injection": "true" },
    },
    keystores: {
      jks: { create: true, alias: "web", passwordSecretRef: { name: "p", key: "k" } },
      pkcs12: { create: true, profile: "Modern2023", password: "changeit" },
    },
    additionalOutputFormats: [{ type: "DER" }, { type: "CombinedPEM" }],
    revisionHistoryLimit: 3,
    nameConstraints: { critical: true, permitted: { dnsDomains: ["example.com"] } },
  };
  assert.deepEqual(problems(spec), []);
});

const wrong: Readonly<Record<string, readonly [JsonObject, RegExp]>> = {
  "a certificate without a name": [{ dnsNames: [] }, /^spec: at least one of commonName/],
  "a name of a Secret that none can have": [{ secretName: "Web_1" }, /^spec\.secretName: /],
  "a common name that is too long": [{ commonName: "a".repeat(65) }, /64 characters$/],
  "a subject beside a literal one": [
    { literalSubject: "CN=a", subject: {} },
    /no `commonName` or `subject`/,
  ],
  "a life below an hour": [{ duration: "59m" }, /duration must be greater than 1h0m0s$/],
  "a renewal that comes too late": [{ renewBefore: "4m" }, /renewBefore must be greater/],
  "a renewal before the beginning": [{ renewBefore: "2160h" }, /greater than renewBefore$/],
  "two moments of renewal": [
    { renewBefore: "1h", renewBeforePercentage: 20 },
    /mutually exclusive/,
  ],
  "all of its life": [{ renewBeforePercentage: 100 }, /between 1 and 99/],
  "windows that nothing needs": [
    { renewal: { policy: "Disabled", windows: [{ cron: "* * * * *", windowDuration: "1h" }] } },
    /windows may not be set/,
  ],
  "a kind of issuer that is not cert-manager's": [
    { issuerRef: { name: "a", kind: "AWSPCAIssuer" } },
    /did you forget to set issuerRef\.group/,
  ],
  "a small key": [{ privateKey: { size: 1024 } }, /between 2048 & 8192/],
  "a curve that there is not": [
    { privateKey: { algorithm: "ECDSA", size: 224 } },
    /256, 384 or 521/,
  ],
  "a signature that the key cannot make": [
    { signatureAlgorithm: "PureEd25519" },
    /must fit privateKey\.algorithm/,
  ],
  "annotations of cert-manager's own": [
    { secretTemplate: { annotations: { "cert-manager.io/issuer-name": "x" } } },
    /may not begin with cert-manager\.io/,
  ],
  "a keystore with two passwords": [
    { keystores: { pkcs12: { create: true, password: "a", passwordSecretRef: { name: "b" } } } },
    /either a password or a passwordSecretRef/,
  ],
  "name constraints of who signs nothing": [{ nameConstraints: {} }, /isCA should be true/],
  "a usage that there is not": [{ usages: ["server"] }, /^spec\.usages\[0\]: must be one of/],
};

for (const [what, [spec, message]] of Object.entries(wrong)) {
  test(`${what} is refused`, () => {
    const found = problems(spec);
    assert.equal(found.length, 1, found.join("\n"));
    assert.match(found[0] ?? "", message);
  });
}
