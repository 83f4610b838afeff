/** What becomes of a request, and of the Certificate that it is for, when AWS fails in each way at each call: what is said, when it is asked again, and that one certificate comes of it. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { findCondition } from "#kinds/condition.ts";
import type { Operation, Refusal } from "#test/fakes/aws-pca/private-ca.ts";
import { beginScene, issued } from "#test/fakes/aws-pca/scene.ts";
import { type PrivateCaOnStage, privateCa } from "#test/fakes/certificates/certificate-issuers.ts";
import { quickKey } from "#test/fakes/certificates/certificate-stage.ts";
import { noOpenssl } from "#test/fakes/certificates/openssl.ts";

const skip = noOpenssl;

interface Fault {
  readonly refusal: Refusal;
  readonly says: RegExp;
  /** As AWS asks for it; undefined: as after any outage. */
  readonly retryAfter?: Temporal.Duration;
}

const seconds = 240;

const faults: Readonly<Record<string, Fault>> = {
  "is asked too often": {
    refusal: { type: "ThrottlingException", headers: { "retry-after": `${seconds}` } },
    ...{ says: /ThrottlingException/, retryAfter: Temporal.Duration.from({ seconds }) },
  },
  "denies access": { refusal: { type: "AccessDeniedException" }, says: /AccessDeniedException/ },
  "has its authority disabled": {
    ...{ refusal: { type: "InvalidStateException" }, says: /InvalidStateException/ },
  },
  "fails inside": {
    ...{ refusal: { type: "InternalFailure", status: 500 }, says: /InternalFailure/ },
  },
  "ends the connection before it looks": { refusal: { type: "" }, says: /AWS Private CA/ },
  "ends the connection when it is done": { refusal: { type: "after" }, says: /AWS Private CA/ },
};

const operations: readonly Operation[] = ["IssueCertificate", "GetCertificate"];
const times = 3;

for (const [what, { refusal, says, retryAfter }] of Object.entries(faults))
  for (const operation of operations)
    test(`AWS ${what} at ${operation}: that is said, is no failure, and one certificate comes of it`, {
      skip,
    }, async (context) => {
      const scene = await beginScene(context);
      scene.ca.refuseNext(operation, ...Array.from({ length: times }, () => refusal));
      for (let count = 0; count < times; count++) {
        const outcome = await scene.sign();
        assert.ok(outcome.kind === "outage", JSON.stringify(outcome));
        assert.match(outcome.message, says);
        assert.equal(outcome.retryAfter?.toString(), retryAfter?.toString());
        await scene.clock.advance({ seconds: 10 });
      }
      const { certificate } = await issued(scene);
      assert.match(certificate, /BEGIN CERTIFICATE/);
      const asked = scene.ca.calls.filter((call) => call.operation === operation).length;
      assert.equal(asked, times + 1);
      assert.equal(scene.ca.issued.length, 1);
      assert.equal(new Set(scene.orders().map(({ token }) => token)).size, 1);
    });

/** What a request says of itself. */
async function said({ stage }: PrivateCaOnStage): Promise<string> {
  const [request] = await stage.requests();
  const ready = findCondition(request?.status, "Ready");
  return `${ready?.status} ${ready?.reason} ${ready?.message}`;
}

/** As after an outage, where AWS asks for nothing. */
const soonest = Temporal.Duration.from({ seconds: 10 });

for (const [what, { refusal, says, retryAfter = soonest }] of Object.entries(faults))
  for (const operation of operations)
    test(`a Certificate whose AWS ${what} at ${operation} says so, is asked for again in its time, and is issued by itself once that is over`, {
      skip,
    }, async (context) => {
      const scene = await privateCa(context);
      const { stage, aws, issuerRef } = scene;
      const asked = (): number => aws.calls.filter((call) => call.operation === operation).length;
      aws.refuseNext(operation, ...Array.from({ length: 50 }, () => refusal));
      await stage.create("Certificate", "web", {
        ...{ secretName: "web-tls", dnsNames: ["web.example.com"], privateKey: quickKey },
        issuerRef,
      });
      await stage.settled();
      for (let left = 20; left > 0 && asked() === 0; left--) await stage.pass({ seconds: 1 });
      const before = asked();
      assert.ok(before === 1 || before === 2, `${before}`);
      assert.match(await said(scene), /^False Pending /);
      assert.match(await said(scene), says);
      assert.match(await stage.condition("web", "Issuing"), /^True DoesNotExist/);
      assert.match(await stage.condition("web", "Ready"), /^False/);
      // The first second may be over, and what passes is a second more than is said.
      await stage.pass(retryAfter.subtract({ seconds: 4 }));
      assert.equal(asked(), before);
      await stage.pass({ seconds: 4 });
      assert.equal(asked(), before + 1);
      aws.forgetRefusals();
      await stage.pass(retryAfter.add({ seconds: 30 }));
      await stage.pass({ seconds: 30 });
      assert.match(await stage.condition("web", "Ready"), /^True/);
      assert.equal(aws.issued.length, 1);
      assert.equal((await stage.requests()).length, 1);
    });
