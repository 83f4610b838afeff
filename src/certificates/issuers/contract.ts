/** What every way of signing promises, as tests: called with each of them. */

import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { type TestContext, test } from "node:test";
import type { JsonObject } from "#base/json.ts";
import { type CertificateStage, quickKey } from "#test/fakes/certificates/certificate-stage.ts";

/** A stage on which an issuer of that way is ready. */
export interface IssuerUnderContract {
  readonly stage: CertificateStage;
  readonly issuerRef: JsonObject;
}

async function issue({ stage, issuerRef }: IssuerUnderContract): Promise<X509Certificate> {
  await stage.create("Certificate", "web", {
    ...{ secretName: "web-tls", dnsNames: ["web.example.com"], privateKey: quickKey, issuerRef },
  });
  for (let left = 60; left > 0; left--) {
    await stage.settled();
    if (/^True/.test(await stage.condition("web", "Ready"))) break;
    await stage.pass({ seconds: 1 });
  }
  return await served(stage);
}

async function served(stage: CertificateStage): Promise<X509Certificate> {
  const { data } = ((await stage.secret("web-tls"))?.body ?? {}) as {
    readonly data?: Readonly<Record<string, string>>;
  };
  const said = `${await stage.condition("web", "Ready")}; ${await stage.condition("web", "Issuing")}`;
  assert.ok(data?.["tls.crt"], said);
  return new X509Certificate(Buffer.from(data["tls.crt"], "base64"));
}

/** Registers the suite; `open` sets up the issuer. */
export function issuerContract(
  name: string,
  open: (context: TestContext) => Promise<IssuerUnderContract>,
): void {
  test(`${name}: one request has one certificate, for the names that were asked for, and in force`, async (context) => {
    const issuer = await open(context);
    const leaf = await issue(issuer);
    assert.equal(leaf.subjectAltName, "DNS:web.example.com");
    assert.ok(leaf.validFromDate.getTime() <= issuer.stage.clock.now().epochMilliseconds);
    assert.ok(leaf.validToDate.getTime() > issuer.stage.clock.now().epochMilliseconds);
    const mine = (await issuer.stage.requests()).filter(
      ({ metadata }) => metadata.annotations["cert-manager.io/certificate-name"] === "web",
    );
    assert.equal(mine.length, 1);
  });
  test(`${name}: whoever starts again asks for nothing that is there`, async (context) => {
    const issuer = await open(context);
    const { serialNumber } = await issue(issuer);
    const { stage } = issuer;
    const before = (await stage.requests()).length;
    await stage.stop();
    await stage.start();
    await stage.pass({ minutes: 2 });
    assert.equal((await served(stage)).serialNumber, serialNumber);
    assert.equal((await stage.requests()).length, before);
  });
}
