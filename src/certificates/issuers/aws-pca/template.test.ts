import assert from "node:assert/strict";
import { test } from "node:test";
import { templateArn, templateName } from "./template.ts";

const passthrough = "BlankEndEntityCertificate_APICSRPassthrough/V1";

const byUsages: Readonly<Record<string, readonly string[]>> = {
  "CodeSigningCertificate/V1": ["code signing"],
  "EndEntityClientAuthCertificate/V1": ["client auth"],
  "EndEntityServerAuthCertificate/V1": ["server auth"],
  "OCSPSigningCertificate/V1": ["ocsp signing"],
};

test("a request for one usage that AWS has a template for gets that template", () => {
  for (const [name, usages] of Object.entries(byUsages))
    assert.equal(templateName({ usages, isCA: false, defaultName: "" }), name);
});

test("a request for server and client auth and nothing else gets the template of both, in either order", () => {
  for (const usages of [
    ["server auth", "client auth"],
    ["client auth", "server auth"],
  ])
    assert.equal(templateName({ usages, isCA: false, defaultName: "" }), "EndEntityCertificate/V1");
});

test("any other list of usages is taken from the request", () => {
  for (const usages of [
    [],
    ["digital signature"],
    ["digital signature", "key encipherment", "server auth"],
    ["server auth", "server auth"],
    ["server auth", "client auth", "digital signature"],
    ["constructor"],
  ])
    assert.equal(templateName({ usages, isCA: false, defaultName: "" }), passthrough);
});

test("a request for an authority gets that of an authority that signs no other", () => {
  const name = templateName({ usages: ["server auth"], isCA: true, defaultName: "" });
  assert.equal(name, "SubordinateCACertificate_PathLen0/V1");
});

test("what the issuer says goes for all requests", () => {
  const defaultName = "SubordinateCACertificate_PathLen1/V1";
  assert.equal(templateName({ usages: ["server auth"], isCA: false, defaultName }), defaultName);
  assert.equal(templateName({ usages: [], isCA: true, defaultName }), defaultName);
});

test("a template is named in the partition of its authority", () => {
  assert.equal(
    templateArn("aws-us-gov", "EndEntityCertificate/V1"),
    "arn:aws-us-gov:acm-pca:::template/EndEntityCertificate/V1",
  );
});
