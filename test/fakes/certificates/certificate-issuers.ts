/** A ready issuer of each kind that needs no ACME server, on a stage of their controllers. */

import type { TestContext } from "node:test";
import type { JsonObject } from "#base/json.ts";
import { createAwsPca } from "#certificates/issuers/aws-pca/aws-pca.ts";
import { createCa } from "#certificates/issuers/ca/ca.ts";
import { createSelfSigned } from "#certificates/issuers/self-signed/self-signed.ts";
import { awsPcaIssuerKind } from "#kinds/cert-manager/aws-pca-issuer.ts";
import { type FakePrivateCa, startPrivateCa } from "../aws-pca/private-ca.ts";
import { loopbackDoor } from "../runtime/loopback-door.ts";
import { type CertificateStage, certificateStage, quickKey } from "./certificate-stage.ts";

export interface IssuerOnStage {
  readonly stage: CertificateStage;
  readonly issuerRef: JsonObject;
}

type Open = (context: TestContext) => Promise<IssuerOnStage>;

async function selfSigned(context: TestContext): Promise<IssuerOnStage> {
  const stage = await certificateStage(context);
  await stage.create("Issuer", "issuer", { selfSigned: {} });
  return { stage, issuerRef: { name: "issuer" } };
}

async function ca(context: TestContext): Promise<IssuerOnStage> {
  const { stage } = await selfSigned(context);
  await stage.create("Certificate", "root", {
    ...{ secretName: "root", commonName: "root", isCA: true, privateKey: quickKey },
    ...{ duration: "87600h", issuerRef: { name: "issuer" } },
  });
  await stage.settled();
  await stage.create("Issuer", "ca", { ca: { secretName: "root" } });
  await stage.settled();
  return { stage, issuerRef: { name: "ca" } };
}

export interface PrivateCaOnStage extends IssuerOnStage {
  readonly aws: FakePrivateCa;
}

/** One of AWS Private CA, with the small AWS that it asks. */
export async function privateCa(context: TestContext): Promise<PrivateCaOnStage> {
  const key = { id: "AKIATEST", secret: "of a test" };
  const outbound = loopbackDoor(context);
  const variables: Record<string, string> = {};
  const stage = await certificateStage(context, {
    backends: ({ clock, store }) => [
      createAwsPca({ clock, store, outbound, variables, events: { tell: () => undefined } }),
      createCa({ clock }),
      createSelfSigned({ clock, store }),
    ],
  });
  const aws = await startPrivateCa({ clock: stage.clock, keys: [key] });
  context.after(() => aws[Symbol.asyncDispose]());
  variables["AWS_ENDPOINT_URL_ACM_PCA"] = aws.url;
  await stage.store.create({
    ...{ apiVersion: "v1", kind: "Secret", metadata: { name: "aws", namespace: "default" } },
    body: { stringData: { AWS_ACCESS_KEY_ID: key.id, AWS_SECRET_ACCESS_KEY: key.secret } },
  });
  await stage.store.create({
    ...{ apiVersion: "awspca.cert-manager.io/v1beta1", kind: awsPcaIssuerKind.kind },
    metadata: { name: "aws", namespace: "default" },
    body: { spec: { arn: aws.arn, secretRef: { name: "aws" } } },
  });
  await stage.settled();
  const { group, kind } = awsPcaIssuerKind;
  return { stage, aws, issuerRef: { name: "aws", group, kind } };
}

export const issuersOnStage = {
  "self-signed": selfSigned,
  ca,
  "AWS Private CA": privateCa,
} as const satisfies Readonly<Record<string, Open>>;
