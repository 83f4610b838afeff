import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { describe, test } from "node:test";
import { challengeKind } from "#kinds/cert-manager/challenge.ts";
import { until } from "#test/bench/measure/waiting.ts";
import { skipWithoutGo } from "#test/lab/build/requirements.ts";
import { issuerOf, openStage } from "./acme-stage.ts";
import { startPebble } from "./pebble.ts";

const skip = await skipWithoutGo();

describe("Orders over a real Pebble", { skip }, () => {
  test("an Order ends with a certificate, and its Challenges are gone", async () => {
    await using stage = await openStage();
    await using pebble = await startPebble({ httpPort: stage.answers.port });
    assert.equal(await stage.issue(issuerOf(pebble)), "ACMEAccountRegistered");
    await stage.start();
    const status = await stage.order("web-1", ["a.example.com", "b.example.com"]);
    assert.equal(status.state, "valid", status.reason ?? "");
    const pem = Buffer.from(status.certificate ?? "", "base64").toString();
    const leaf = new X509Certificate(pem);
    assert.equal(leaf.subjectAltName, "DNS:a.example.com, DNS:b.example.com");
    const isGone = async (): Promise<boolean> =>
      (await stage.store.list(challengeKind.id)).items.length === 0;
    await until(isGone, { what: "the end of Challenges", longestMs: 10_000, everyMs: 20 });
    const reasons = stage.events.map(({ about, reason }) => `${about} ${reason}`);
    for (const reason of ["Order Created", "Challenge Presented", "Challenge DomainVerified"])
      assert.equal(reasons.filter((one) => one === reason).length, 2, reason);
    assert.ok(reasons.includes("Order Complete"));
  });

  test("a name that the authority does not sign fails the Order, with its own words", async () => {
    await using stage = await openStage();
    await using pebble = await startPebble({ blocked: ["blocked.example.com"] });
    await stage.issue(issuerOf(pebble));
    await stage.start();
    const { state, reason } = await stage.order("web-1", ["blocked.example.com"]);
    assert.equal(state, "errored");
    assert.match(reason ?? "", /rejectedIdentifier/);
  });

  test("a name for which nobody answers fails the Order, and says what the authority met", async () => {
    await using stage = await openStage();
    await using pebble = await startPebble();
    await stage.issue(issuerOf(pebble));
    await stage.start();
    const { state, reason } = await stage.order("web-1", ["a.example.com"]);
    assert.equal(state, "invalid");
    assert.match(reason ?? "", /authorization error for a\.example\.com: .*connection refused/);
  });

  test("a name that no solver takes fails the Order", async () => {
    await using stage = await openStage();
    await using pebble = await startPebble();
    await stage.issue(issuerOf(pebble));
    await stage.start();
    const { state, reason } = await stage.order("web-1", ["*.example.com"]);
    assert.equal(state, "errored");
    assert.match(reason ?? "", /no configured challenge solvers can be used for \*\.example\.com/);
  });

  test("the key of an account is kept, and changes when a person wishes", async () => {
    await using stage = await openStage();
    await using pebble = await startPebble();
    const spec = issuerOf(pebble);
    const secretKey = { kind: "Secret", namespace: "cert-manager", name: "account-key" };
    const keyNow = async (): Promise<unknown> => (await stage.store.get(secretKey))?.body["data"];
    await stage.issue(spec);
    const first = await keyNow();
    await stage.issue({ ...spec, email: "other@example.com" });
    assert.deepEqual(await keyNow(), first);
    const wish = { "sekisho.dev/roll-account-key": "2026-01" };
    assert.equal(await stage.issue(spec, wish), "ACMEAccountRegistered");
    const second = await keyNow();
    assert.notDeepEqual(second, first);
    assert.equal(await stage.issue(spec, wish), "ACMEAccountRegistered");
    assert.deepEqual(await keyNow(), second);
    await stage.start();
  });
});
