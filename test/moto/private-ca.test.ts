import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { type TestContext, test } from "node:test";
import type { JsonObject } from "#base/json.ts";
import { createCredentials } from "#certificates/aws/credentials.ts";
import { callJson } from "#certificates/aws/signed-call.ts";
import { createClock } from "#runtime/real-clock.ts";
import { beginScene, type Scene } from "#test/fakes/aws-pca/scene.ts";
import { setAwsVariables } from "#test/fakes/aws-variables.ts";
import { noOpenssl } from "#test/fakes/certificates/openssl.ts";
import { loopbackDoor } from "#test/fakes/runtime/loopback-door.ts";
import { bringMoto, startMoto } from "./moto.ts";

const found = await bringMoto();
const skip = "skip" in found ? found.skip : noOpenssl;

/** moto asks nobody who he is; the SDK must find something all the same. */
const accessKey = { AWS_ACCESS_KEY_ID: "AKIAMOTO", AWS_SECRET_ACCESS_KEY: "a secret for moto" };

interface Aws {
  readonly url: string;
  readonly call: (name: string, asked: JsonObject) => Promise<JsonObject>;
}

async function beginAws(context: TestContext): Promise<Aws> {
  if ("skip" in found) throw new Error(found.skip);
  const moto = await startMoto(found.place);
  context.after(() => moto[Symbol.asyncDispose]());
  setAwsVariables(context, accessKey);
  const deps = { clock: createClock(), outbound: loopbackDoor(context), variables: {} };
  const region = "us-east-1";
  const credentials = createCredentials(deps, { identity: { kind: "process" }, region });
  const service = { id: "acm-pca", region, endpoint: moto.url, credentials } as const;
  return {
    url: moto.url,
    call: (name, asked) =>
      callJson(deps, service, { target: `ACMPrivateCA.${name}`, body: JSON.stringify(asked) }),
  };
}

/** An authority that has been given its own certificate, as a person would in AWS. */
async function makeAuthority({ call }: Aws): Promise<string> {
  const { CertificateAuthorityArn: arn } = (await call("CreateCertificateAuthority", {
    CertificateAuthorityType: "ROOT",
    CertificateAuthorityConfiguration: {
      KeyAlgorithm: "RSA_2048",
      SigningAlgorithm: "SHA256WITHRSA",
      Subject: { CommonName: "root of moto" },
    },
  })) as { readonly CertificateAuthorityArn: string };
  const named = { CertificateAuthorityArn: arn };
  const { Csr } = (await call("GetCertificateAuthorityCsr", named)) as { readonly Csr: string };
  const issued = await call("IssueCertificate", {
    ...named,
    Csr: Buffer.from(Csr).toString("base64"),
    SigningAlgorithm: "SHA256WITHRSA",
    TemplateArn: "arn:aws:acm-pca:::template/RootCACertificate/V1",
    Validity: { Type: "DAYS", Value: 3650 },
  });
  const certificate = await call("GetCertificate", { ...named, ...issued });
  const { Certificate } = certificate as { readonly Certificate: string };
  const encoded = Buffer.from(Certificate).toString("base64");
  await call("ImportCertificateAuthorityCertificate", { ...named, Certificate: encoded });
  return arn;
}

async function sign(scene: Scene): Promise<X509Certificate> {
  assert.deepEqual((await scene.verify()).message, "Issuer verified");
  const outcome = await scene.sign();
  assert.equal(outcome.kind, "issued", JSON.stringify(outcome));
  if (outcome.kind !== "issued") throw new Error("unreachable");
  const leaf = new X509Certificate(outcome.certificate);
  assert.equal(leaf.verify(new X509Certificate(outcome.authority ?? "").publicKey), true);
  return leaf;
}

/** moto gives every certificate a year, whatever is asked for: ends are not looked at here. */
test("an authority in moto is found active and signs, with the process' own credentials", {
  skip,
}, async (context) => {
  const aws = await beginAws(context);
  const arn = await makeAuthority(aws);
  const variables = { AWS_ENDPOINT_URL: aws.url };
  const scene = await beginScene(context, {
    ...{ spec: { arn, secretRef: {} }, mayUseAmbient: true, variables },
  });
  const leaf = await sign(scene);
  assert.equal(leaf.subjectAltName, "DNS:app.example.com");
});

test("a role is assumed by an access key, or by the token of a ServiceAccount", {
  skip,
}, async (context) => {
  const aws = await beginAws(context);
  const arn = await makeAuthority(aws);
  const role = "arn:aws:iam::123456789012:role/issuer";
  const variables = { AWS_ENDPOINT_URL: aws.url };
  await sign(await beginScene(context, { spec: { arn, role }, variables }));

  const files = (await beginScene(context)).write({ token: "token of a ServiceAccount" });
  setAwsVariables(context, {
    AWS_ROLE_ARN: role,
    AWS_WEB_IDENTITY_TOKEN_FILE: files["token"] ?? "",
  });
  const spec = { arn, secretRef: {} };
  await sign(await beginScene(context, { spec, mayUseAmbient: true, variables }));
});

test("an authority that moto does not know is told apart", { skip }, async (context) => {
  const { url } = await beginAws(context);
  const scene = await beginScene(context, { variables: { AWS_ENDPOINT_URL: url } });
  const verdict = await scene.verify();
  assert.match(verdict.message, /^ResourceNotFoundException/);
});
