/** What becomes of a Certificate when its issuer refuses, is away, or gives what is of no use; and of a process that dies. */

import assert from "node:assert/strict";
import { createPrivateKey } from "node:crypto";
import { type TestContext, test } from "node:test";
import type { JsonObject } from "#base/json.ts";
import { issuerKind } from "#kinds/cert-manager/issuer.ts";
import type { ObjectStore } from "#store/object-store.ts";
import {
  type CertificateStage,
  type CertificateStageOptions,
  certificateStage,
  quickKey,
} from "#test/fakes/certificates/certificate-stage.ts";
import type { IssuerBackend, SigningOutcome } from "./issuers/issuer.ts";
import { createSelfSigned } from "./issuers/self-signed/self-signed.ts";

/** Signs, unless a test has put down another outcome. */
interface Moods {
  readonly next: SigningOutcome[];
  calls: number;
}

function moody(moods: Moods): NonNullable<CertificateStageOptions["backends"]> {
  return (deps) => {
    const real = createSelfSigned(deps);
    const backend: IssuerBackend = {
      ...real,
      issuerKinds: [issuerKind],
      sign: async (asked, signal) => {
        moods.calls += 1;
        return moods.next.shift() ?? (await real.sign(asked, signal));
      },
    };
    return [backend];
  };
}

const web = {
  ...{ secretName: "web-tls", dnsNames: ["web.example.com"], privateKey: quickKey },
  issuerRef: { name: "self" },
};

async function begin(
  context: TestContext,
  ...next: readonly SigningOutcome[]
): Promise<{ readonly stage: CertificateStage; readonly moods: Moods }> {
  const moods: Moods = { next: [...next], calls: 0 };
  const stage = await certificateStage(context, { backends: moody(moods) });
  await stage.create("Issuer", "self", { selfSigned: {} });
  await stage.create("Certificate", "web", web);
  await stage.settled();
  return { stage, moods };
}

const refusal: SigningOutcome = { kind: "failed", message: "not you" };

async function statusOf({ certificate }: CertificateStage): Promise<JsonObject> {
  return ((await certificate("web"))?.status ?? {}) as JsonObject;
}

async function attempts(stage: CertificateStage): Promise<unknown> {
  return (await statusOf(stage))["failedIssuanceAttempts"];
}

test("a refusal is counted, and tried again after an hour, then after two", async (context) => {
  const { stage, moods } = await begin(context, refusal, refusal);
  assert.match(await stage.condition("web", "Issuing"), /^False Failed .*not you$/);
  assert.equal(await attempts(stage), 1);
  assert.deepEqual(await stage.secrets(), []);
  await stage.pass({ minutes: 58 });
  assert.equal(moods.calls, 1);
  await stage.pass({ minutes: 3 });
  assert.equal(moods.calls, 2);
  assert.equal(await attempts(stage), 2);
  await stage.pass({ minutes: 118 });
  assert.equal(moods.calls, 2);
  await stage.pass({ minutes: 4 });
  assert.match(await stage.condition("web", "Ready"), /^True/);
  assert.equal(await attempts(stage), undefined);
});

test("after a failure that a clock which was set back since has put into the future, no longer is waited than after one now", async (context) => {
  const { stage, moods } = await begin(context, refusal);
  stage.clock.jump({ hours: -24 * 400 });
  await stage.settled();
  await stage.pass({ minutes: 62 });
  assert.equal(moods.calls, 1, "the hour begins when the clock is seen to be behind");
  await stage.pass({ minutes: 62 });
  assert.equal(moods.calls, 2);
  assert.match(await stage.condition("web", "Ready"), /^True/);
});

test("renewals that are due are not spread out from a start that lies ahead, as the clock was set back since", async (context) => {
  const { stage, moods } = await begin(context);
  await stage.stop();
  stage.clock.jump({ hours: 24 * 61 });
  await stage.start();
  stage.clock.jump({ hours: -12 });
  await stage.pass({ minutes: 2 });
  assert.equal(moods.calls, 2);
});

test("a spec that asks for something else is tried at once", async (context) => {
  const { stage, moods } = await begin(context, refusal);
  await stage.changeSpec("web", { dnsNames: ["other.example.com"] });
  await stage.settled();
  assert.equal(moods.calls, 2);
  assert.match(await stage.condition("web", "Ready"), /^True/);
});

test("an outage is no failure: the same request is tried again soon", async (context) => {
  const outage: SigningOutcome = { kind: "outage", message: "nobody answers" };
  const { stage, moods } = await begin(context, outage, outage);
  assert.match(await stage.condition("web", "Issuing"), /^True DoesNotExist/);
  assert.equal(await attempts(stage), undefined);
  await stage.pass({ seconds: 10 });
  assert.equal(moods.calls, 2);
  await stage.pass({ seconds: 20 });
  assert.equal(moods.calls, 3);
  assert.match(await stage.condition("web", "Ready"), /^True/);
  assert.deepEqual(
    (await stage.requests()).map(({ metadata }) => metadata.name),
    ["web-1"],
  );
});

test("an outage is waited out by the clock that nobody sets", async (context) => {
  const { stage, moods } = await begin(context, { kind: "outage", message: "nobody answers" });
  stage.clock.jump({ hours: -24 * 400 });
  await stage.pass({ seconds: 10 });
  assert.equal(moods.calls, 2);
  assert.match(await stage.condition("web", "Ready"), /^True/);
});

test("a certificate of another key is refused, and does not have it asked for again at once", async (context) => {
  const { stage: other } = await begin(context);
  const [signed] = await other.requests();
  const { certificate } = (signed?.status ?? {}) as { readonly certificate: string };
  const foreign: SigningOutcome = {
    kind: "issued",
    certificate: Buffer.from(certificate, "base64").toString(),
  };
  const { stage, moods } = await begin(context, foreign);
  assert.match(await stage.condition("web", "Issuing"), /^False InvalidCertificate .*another key$/);
  assert.equal(moods.calls, 1);
  assert.equal(await stage.secret("web-tls"), undefined);
  await stage.pass({ minutes: 62 });
  assert.match(await stage.condition("web", "Ready"), /^True/);
});

test("what is denied is not signed", async (context) => {
  const { stage, moods } = await begin(context, { kind: "pending", message: "wait" });
  const [request] = await stage.requests();
  assert.ok(request, "there is a request");
  const status = request.status as JsonObject;
  const conditions = [
    ...(status["conditions"] as readonly JsonObject[]),
    { type: "Denied", status: "True", reason: "policy", message: "no" },
  ];
  const { name, namespace } = request.metadata;
  const key = { kind: "CertificateRequest.cert-manager.io", namespace, name };
  await stage.store.replaceStatus(key, { ...status, conditions });
  await stage.settled();
  assert.match(await stage.condition("web", "Issuing"), /^False Denied/);
  assert.equal(moods.calls, 1);
});

test("issuers of groups that nobody here serves sign for themselves", async (context) => {
  const { stage } = await begin(context);
  const issuerRef = { name: "x", kind: "Stamp", group: "stamps.example.com" };
  await stage.create("Certificate", "stamped", { ...web, secretName: "stamped", issuerRef });
  await stage.settled();
  const [request] = (await stage.requests()).filter(
    ({ metadata }) => metadata.name === "stamped-1",
  );
  const { conditions } = (request?.status ?? {}) as { readonly conditions: readonly JsonObject[] };
  assert.deepEqual(
    conditions.map(({ type }) => type),
    ["Approved"],
  );
});

/** Dies behind its n-th write: that one is stored, and nothing after it happens. */
function mortal(deaths: { left: number }): NonNullable<CertificateStageOptions["wrap"]> {
  return (store) => {
    const dies =
      <A extends readonly unknown[], R>(write: (...args: A) => Promise<R>) =>
      async (...args: A): Promise<R> => {
        if (deaths.left <= 0) throw new Error("the process is dead");
        const result = await write(...args);
        deaths.left -= 1;
        if (deaths.left === 0) throw new Error("the process dies");
        return result;
      };
    const { create, replace, replaceStatus, remove } = store;
    return {
      ...store,
      create: dies(create),
      replace: dies(replace),
      replaceStatus: dies(replaceStatus),
      remove: dies(remove),
    } satisfies ObjectStore;
  };
}

for (let death = 1; death <= 8; death++) {
  test(`who dies behind write ${death} finds what was begun: one certificate, and no key left`, async (context) => {
    const deaths = { left: death };
    const moods: Moods = { next: [], calls: 0 };
    const stage = await certificateStage(context, {
      backends: moody(moods),
      wrap: mortal(deaths),
    });
    await stage.create("Issuer", "self", { selfSigned: {} });
    await stage.create("Certificate", "web", web);
    await stage.settled();
    await stage.stop();
    // The dead do not call: what they do here is for want of a death.
    moods.calls = 0;
    deaths.left = Number.POSITIVE_INFINITY;
    await stage.start();
    await stage.pass({ seconds: 1 });
    assert.match(await stage.condition("web", "Ready"), /^True/);
    const status = await statusOf(stage);
    assert.equal(status["revision"], 1);
    assert.equal(status["nextPrivateKeySecretName"], undefined);
    assert.deepEqual(
      (await stage.requests()).map(({ metadata }) => metadata.name),
      ["web-1"],
    );
    assert.ok(moods.calls <= 1, "signed once at most by who came back");
    assert.deepEqual(await stage.secrets(), ["web-tls"]);
  });
}

test("what has it issued again and again is followed fifty times a day, also over restarts", async (context) => {
  const { stage, moods } = await begin(context);
  const secret = { kind: "Secret", namespace: "default", name: "web-tls" };
  const lose = async (): Promise<void> => {
    await stage.store.remove(secret);
    await stage.settled();
    await stage.pass({ seconds: 1 });
  };
  for (let count = 1; count < 30; count++) await lose();
  assert.equal(moods.calls, 30);
  await stage.stop();
  await stage.start();
  for (let count = 0; count < 25; count++) await lose().catch(() => undefined);
  assert.equal(moods.calls, 50);
  assert.match(stage.events.at(-1) ?? "", /^IssuedTooOften It was requested 50 times within a day/);
  await stage.stop();
  await stage.start();
  assert.equal(moods.calls, 50);
  await stage.pass({ hours: 24 });
  assert.match(await stage.condition("web", "Ready"), /^True/);
  assert.equal(moods.calls, 51);
});

test("a request that is removed again and again is made fifty times a day", async (context) => {
  const stage = await certificateStage(context);
  const issuerRef = { name: "elsewhere", kind: "Issuer", group: "example.org" };
  await stage.create("Certificate", "web", { ...web, issuerRef });
  await stage.settled();
  const request = {
    kind: "CertificateRequest.cert-manager.io",
    namespace: "default",
    name: "web-1",
  };
  for (let count = 1; count < 50; count++) {
    await stage.store.remove(request);
    await stage.settled();
  }
  assert.equal((await stage.requests()).length, 1);
  await stage.store.remove(request);
  await stage.settled();
  assert.deepEqual(await stage.requests(), []);
  assert.match(stage.events.at(-1) ?? "", /^IssuedTooOften/);
});

test("a key that an earlier run made, and that is not seen yet, is the one that is certified", async (context) => {
  const keys: unknown[] = [];
  const stage = await certificateStage(context, {
    backends: moody({ next: [], calls: 0 }),
    wrap: (store) => ({
      ...store,
      create: async (draft) => {
        const isNextKey = draft.metadata.labels?.["cert-manager.io/next-private-key"] === "true";
        if (isNextKey && keys.length === 0) {
          keys.push((draft.body["data"] as JsonObject)["tls.key"]);
          await store.create(draft);
        }
        return await store.create(draft);
      },
    }),
  });
  await stage.create("Issuer", "self", { selfSigned: {} });
  await stage.create("Certificate", "web", web);
  await stage.settled();
  assert.match(await stage.condition("web", "Ready"), /^True/);
  const data = (await stage.secret("web-tls"))?.body["data"] as JsonObject;
  const pemOf = (text: unknown): string => Buffer.from(String(text), "base64").toString();
  const [certified, made] = [data["tls.key"], keys[0]].map((key) =>
    createPrivateKey(pemOf(key)).export({ type: "pkcs8", format: "pem" }),
  );
  assert.equal(certified, made);
  assert.deepEqual(await stage.secrets(), ["web-tls"]);
});
