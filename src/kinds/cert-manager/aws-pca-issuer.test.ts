import assert from "node:assert/strict";
import { test } from "node:test";
import type { Json, JsonObject } from "#base/json.ts";
import { storedObject } from "#test/fakes/stored-object.ts";
import { type Kind, read } from "../kind.ts";
import type { KubeObject } from "../object.ts";
import { awsPcaClusterIssuerKind, awsPcaIssuerKind } from "./aws-pca-issuer.ts";

const arn =
  "arn:aws:acm-pca:us-east-2:123456789012:certificate-authority/11111111-2222-3333-4444-555555555555";

function issuer({ kind }: Kind<unknown>, spec: JsonObject, status?: Json): KubeObject {
  return storedObject({
    ...{ apiVersion: "awspca.cert-manager.io/v1beta1", kind, metadata: { name: "root" } },
    body: { spec },
    status,
  });
}

function problems(spec: JsonObject): readonly string[] {
  const known = read(awsPcaIssuerKind, issuer(awsPcaIssuerKind, spec));
  return known.problems.map(({ path, problem }) => `${path} ${problem}`);
}

test("an issuer needs no more than the ARN of its authority", () => {
  const object = issuer(awsPcaClusterIssuerKind, { arn });
  const { value, problems: found } = read(awsPcaClusterIssuerKind, object);
  assert.deepEqual([value, found], [{ spec: { arn } }, []]);
});

test("every field of an issuer is read", () => {
  const spec = {
    arn,
    region: "us-east-2",
    secretRef: {
      name: "aws",
      namespace: "default",
      accessKeyIDSelector: { name: "", key: "id", optional: false },
      secretAccessKeySelector: { key: "secret" },
    },
    role: "arn:aws:iam::123456789012:role/issuer/of-certificates",
    pcaTemplate: { defaultTemplateName: "SubordinateCACertificate_PathLen1/V1" },
  };
  assert.deepEqual(problems(spec), []);
  assert.deepEqual(read(awsPcaIssuerKind, issuer(awsPcaIssuerKind, spec)).value, { spec });
});

test("authorities of other partitions are named like those of the first", () => {
  for (const partition of ["aws-cn", "aws-us-gov"]) {
    assert.deepEqual(problems({ arn: arn.replace("arn:aws:", `arn:${partition}:`) }), []);
  }
});

test("what is no ARN, region, role or template is a problem with its path", () => {
  const wrong: Record<string, JsonObject> = {
    "spec.arn missing": {},
    "spec.arn invalid": { arn: "$PCA_ARN" },
    "spec.region invalid": { arn, region: "us east" },
    "spec.role invalid": { arn, role: "arn:aws:sts::1:assumed-role/x" },
    "spec.pcaTemplate.defaultTemplateName invalid": {
      ...{ arn, pcaTemplate: { defaultTemplateName: "../certificate/V1" } },
    },
    "spec.secretRef.accessKeyIDSelector.key missing": {
      ...{ arn, secretRef: { name: "aws", accessKeyIDSelector: {} } },
    },
    "spec.endpoint unknown": { arn, endpoint: "http://127.0.0.1" },
  };
  for (const [problem, spec] of Object.entries(wrong)) assert.deepEqual(problems(spec), [problem]);
});

test("kubectl prints name and age of an issuer, and when asked whether it is ready and why not", () => {
  const condition = { type: "Ready", status: "False", reason: "Error", message: "no access" };
  const object = issuer(awsPcaClusterIssuerKind, { arn }, { conditions: [condition] });
  const known = read(awsPcaClusterIssuerKind, object);
  const { columns } = awsPcaClusterIssuerKind;
  assert.deepEqual(
    columns.filter(({ wide }) => wide !== true),
    [],
  );
  assert.deepEqual(
    columns.map((column) => [column.title, column.value(known)]),
    [
      ["READY", "False"],
      ["STATUS", "no access"],
    ],
  );
});

test("of an issuer that nobody looked at yet nothing is said", () => {
  const known = read(awsPcaIssuerKind, issuer(awsPcaIssuerKind, { arn }));
  assert.deepEqual(
    awsPcaIssuerKind.columns.map((column) => column.value(known)),
    ["", ""],
  );
});
