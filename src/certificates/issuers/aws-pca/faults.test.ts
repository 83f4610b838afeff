/** What becomes of a request when AWS fails in each way at each call: what is said, when it is asked again, and that one certificate comes of it. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Operation, Refusal } from "#test/fakes/aws-pca/private-ca.ts";
import { beginScene, issued } from "#test/fakes/aws-pca/scene.ts";
import { noOpenssl } from "#test/fakes/openssl.ts";

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
