/** Where the suite is played: a stage with an issuer, and what is done on each. */

import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import type { JsonObject } from "#base/json.ts";
import type { KubeObject } from "#kinds/object.ts";
import type { ObjectStore } from "#store/object-store.ts";
import { quickKey } from "#test/fakes/certificates/certificate-stage.ts";

/** Where Certificates are put and looked at. */
export interface ConformanceStage {
  readonly store: ObjectStore;
  readonly namespace: string;
  readonly create: (kind: "Certificate", name: string, spec: JsonObject) => Promise<unknown>;
  readonly changeSpec: (name: string, spec: JsonObject) => Promise<void>;
  /** Takes away a Certificate and what it owns; its Secret stays. */
  readonly remove: (name: string) => Promise<void>;
  readonly secret: (name: string) => Promise<KubeObject | undefined>;
  /** `True Ready message`; empty without one. */
  readonly condition: (name: string, type: string) => Promise<string>;
  /** Waits until a Certificate was issued or has failed. */
  readonly settled: (name: string) => Promise<void>;
}

export interface IssuerUnderTest {
  readonly stage: ConformanceStage;
  readonly issuerRef: JsonObject;
}

/** Creates a Certificate, and waits until nothing is left to do for it. */
export async function issue(
  { stage, issuerRef }: IssuerUnderTest,
  name: string,
  spec: JsonObject,
): Promise<void> {
  await stage.create("Certificate", name, {
    ...{ secretName: name, issuerRef, privateKey: quickKey, ...spec },
  });
  await stage.settled(name);
}

/** The certificate that is in a Secret; fails with what is said of the Certificate of that name when there is none. */
export async function leafOf(stage: ConformanceStage, name: string): Promise<X509Certificate> {
  const secret = await stage.secret(name);
  const data = secret?.body["data"] as Readonly<Record<string, string>> | undefined;
  const said = `${await stage.condition(name, "Ready")}; ${await stage.condition(name, "Issuing")}`;
  assert.ok(data?.["tls.crt"], said);
  return new X509Certificate(Buffer.from(data["tls.crt"], "base64"));
}
