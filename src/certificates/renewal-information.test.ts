import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { JsonObject } from "#base/json.ts";
import {
  type CertificateStage,
  certificateStage,
  quickKey,
} from "#test/fakes/certificates/certificate-stage.ts";
import type { RenewalAnswer } from "./issuers/issuer.ts";
import { createSelfSigned } from "./issuers/self-signed/self-signed.ts";

interface AskedStage extends CertificateStage {
  /** When it was asked. */
  readonly asked: Temporal.Instant[];
  answer: RenewalAnswer;
  readonly ari: () => Promise<JsonObject | undefined>;
  readonly status: () => Promise<JsonObject>;
}

/** A Certificate of an issuer that says when it is to be renewed. */
async function asking(
  context: TestContext,
  answer: RenewalAnswer,
  spec: JsonObject = {},
): Promise<AskedStage> {
  const asked: Temporal.Instant[] = [];
  const plain = await certificateStage(context, {
    backends: ({ clock, store }) => [
      {
        ...createSelfSigned({ clock, store }),
        suggestRenewal: async () => {
          asked.push(clock.now());
          return stage.answer;
        },
      },
    ],
  });
  const status = async (): Promise<JsonObject> =>
    ((await plain.certificate("web"))?.status ?? {}) as JsonObject;
  const stage: AskedStage = {
    ...{ ...plain, asked, answer, status },
    ari: async () => ((await status())["acme"] as JsonObject | undefined)?.["ari"] as JsonObject,
  };
  await plain.create("Issuer", "self", { selfSigned: {} });
  await plain.create("Certificate", "web", {
    ...{ secretName: "web-tls", dnsNames: ["web.example.com"], privateKey: quickKey },
    ...{ issuerRef: { name: "self" }, ...spec },
  });
  // The first question comes within five minutes of the start.
  await plain.pass({ minutes: 6 });
  return stage;
}

function days(from: Temporal.Instant, count: number): Temporal.Instant {
  return from.add({ hours: 24 * count });
}

function windowAt(
  start: Temporal.Instant,
  end: Temporal.Instant,
  more: { readonly retryAfter?: Temporal.Duration } = {},
): RenewalAnswer {
  return { kind: "window", start, end, explanation: "https://ca.example/why", ...more };
}

test("the suggested window is kept, and the certificate is renewed within it instead of by the rule", async (context) => {
  const now = Temporal.Now.instant().round("second");
  const [start, end] = [days(now, 10), days(now, 11)];
  const stage = await asking(context, windowAt(start, end));
  const ari = await stage.ari();
  assert.deepEqual(ari?.["suggestedWindow"], { start: start.toString(), end: end.toString() });
  assert.equal(ari["explanationURL"], "https://ca.example/why");
  const renewal = Temporal.Instant.from(`${(await stage.status())["renewalTime"]}`);
  assert.ok(Temporal.Instant.compare(renewal, start) >= 0, "not before the window");
  assert.ok(Temporal.Instant.compare(renewal, end) < 0, "not after the window");
  stage.answer = { kind: "none" };
  await stage.pass({ hours: 24 * 9 });
  // Nobody says any more when: the rule counts again.
  assert.equal(await stage.ari(), undefined);
  assert.equal((await stage.status())["revision"], 1);
  stage.answer = windowAt(
    stage.clock.now().add({ minutes: 1 }),
    stage.clock.now().add({ hours: 8 }),
  );
  await stage.pass({ hours: 16 });
  assert.equal((await stage.status())["revision"], 2);
});

test("what was said of one certificate is not believed of the next", async (context) => {
  const now = Temporal.Now.instant().round("second");
  // The next one begins within this window: kept, it would be renewed again at once.
  const stage = await asking(context, windowAt(days(now, 1), days(now, 20)));
  stage.answer = { kind: "outage", message: "not reached" };
  await stage.pass({ hours: 24 * 21 });
  const { revision, renewalTime, notAfter } = await stage.status();
  assert.equal(revision, 2);
  assert.equal(await stage.ari().then((ari) => ari?.["suggestedWindow"]), undefined);
  const left = Temporal.Instant.from(`${notAfter}`).since(Temporal.Instant.from(`${renewalTime}`));
  assert.equal(Math.round(left.total("hours") / 24), 30);
});

function hoursOf(count: number): Temporal.DurationLike {
  return { minutes: Math.round(count * 60) };
}

/** In steps, each with what falls due in it. */
async function live(stage: AskedStage, hours: number, stepMinutes = 60): Promise<void> {
  for (let minute = 0; minute < hours * 60; minute += stepMinutes)
    await stage.pass({ minutes: stepMinutes });
}

const pauses: Readonly<Record<string, readonly [string | undefined, low: number, high: number]>> = {
  "it does not say": [undefined, 5.4, 6.6],
  "it says too soon": ["PT1M", 0.9, 1.1],
  "it says a day": ["PT24H", 21.6, 26.4],
  "it says too late": ["PT2000H", 151.2, 184.8],
};

for (const [when, [retryAfter, low, high]] of Object.entries(pauses)) {
  test(`when to ask again, where ${when}`, async (context) => {
    const now = Temporal.Now.instant().round("second");
    const more = retryAfter === undefined ? {} : { retryAfter: Temporal.Duration.from(retryAfter) };
    const stage = await asking(context, windowAt(days(now, 50), days(now, 51), more));
    await stage.pass(hoursOf(low - 0.2));
    assert.equal(stage.asked.length, 1);
    await stage.pass(hoursOf(high - low + 0.2));
    assert.equal(stage.asked.length, 2);
  });
}

test("that it was asked, and cannot be asked now and then, is no reason to write", async (context) => {
  const now = Temporal.Now.instant().round("second");
  const said = windowAt(days(now, 50), days(now, 51));
  const stage = await asking(context, said);
  const before = await stage.certificate("web");
  await live(stage, 20);
  stage.answer = { kind: "outage", message: "not reached" };
  const asked = stage.asked.length;
  for (let step = 0; step < 100 && stage.asked.length === asked; step++)
    await stage.pass({ minutes: 5 });
  stage.answer = said;
  await live(stage, 20);
  assert.ok(stage.asked.length > 5);
  await stage.stop();
  await stage.start();
  await live(stage, 7);
  assert.deepEqual(await stage.certificate("web"), before);
});

test("who cannot be asked for longer is asked less and less, is told of, and the window holds on", async (context) => {
  const now = Temporal.Now.instant().round("second");
  const said = windowAt(days(now, 50), days(now, 51));
  const stage = await asking(context, said);
  stage.answer = { kind: "outage", message: "not reached" };
  const stepMinutes = 2;
  await live(stage, 17, stepMinutes);
  const gaps = stage.asked
    .slice(1)
    .map((moment, index) => moment.since(stage.asked[index] ?? moment).total("minutes"));
  // Each pause is twice the one before, a tenth more or less; what falls due is seen at the end of a step.
  for (const [index, minutes] of [5, 10, 20, 40, 80, 160].entries()) {
    const gap = gaps[index + 1] ?? 0;
    const isSo = gap >= minutes * 0.9 - stepMinutes && gap <= minutes * 1.1 + stepMinutes;
    assert.ok(isSo, `pauses of ${gaps.join(", ")} minutes`);
  }
  assert.equal((await stage.ari())?.["lastError"], "not reached");
  assert.ok((await stage.ari())?.["suggestedWindow"]);
  stage.answer = said;
  await live(stage, 7);
  assert.equal((await stage.ari())?.["lastError"], undefined);
});

test("what the server does not know is renewed by the rule", async (context) => {
  const stage = await asking(context, { kind: "refused", message: "no such certificate" });
  assert.equal((await stage.ari())?.["lastError"], "no such certificate");
  await stage.pass({ hours: 24 * 61 });
  assert.equal((await stage.status())["revision"], 2);
});

test("nobody is asked about a certificate that is never renewed", async (context) => {
  const spec = { renewal: { policy: "Disabled" } };
  const stage = await asking(context, { kind: "none" }, spec);
  await stage.pass({ hours: 24 });
  assert.equal(stage.asked.length, 0);
});

test("a certificate that is stored anew is asked about, whatever was said of the one before", async (context) => {
  const now = Temporal.Now.instant().round("second");
  const stage = await asking(context, windowAt(days(now, 50), days(now, 51)));
  await stage.store.remove({ kind: "Secret", namespace: "default", name: "web-tls" });
  await stage.settled();
  assert.equal((await stage.status())["revision"], 2);
  assert.equal(stage.asked.length, 2);
});
