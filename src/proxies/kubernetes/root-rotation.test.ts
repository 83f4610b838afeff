import assert from "node:assert/strict";
import { test } from "node:test";
import { createManualClock } from "#test/fakes/runtime/manual-clock.ts";
import { createSeededRandom } from "#test/fakes/runtime/seeded-random.ts";
import {
  leafLifetime,
  nextRotationStep,
  type RotationState,
  renewalTime,
  rootLifetime,
} from "./root-rotation.ts";
import { createAuthority, rotationState, takeStep, type XdsAuthority } from "./xds-authority.ts";
import type { SigningRoot } from "./xds-certificates.ts";

const born = Temporal.Instant.from("2026-01-01T00:00:00Z");
const signing = { notBefore: born, notAfter: born.add(rootLifetime) };
const renewal = born.add({ hours: (365 * 24 * 2) / 3 });
const after = (moment: Temporal.Instant, hours: number): Temporal.Instant => moment.add({ hours });
const next = { notAfter: renewal.add(rootLifetime) };

/** When, and with what stored, which step is due. */
const cases: Readonly<Record<string, readonly [Temporal.Instant, RotationState, string]>> = {
  "a young root signs on until two thirds of its life": [born, { signing }, `wait ${renewal}`],
  "then a root to come is made": [renewal, { signing }, "add"],
  "that the bundle has it is noted at once": [renewal, { signing, next }, "publish"],
  "it does not sign while a leaf that came with the old bundle is good": [
    after(renewal, 24),
    { signing, next: { ...next, publishedAt: renewal } },
    `wait ${after(renewal, 25)}`,
  ],
  "it signs after that": [
    after(renewal, 25),
    { signing, next: { ...next, publishedAt: renewal } },
    "sign",
  ],
  "a root to come that was never published does not sign": [
    after(renewal, 1000),
    { signing, next },
    "publish",
  ],
  "the old root is trusted while a leaf of it is good": [
    after(born, 24),
    { signing, previous: { retiredAt: born } },
    `wait ${after(born, 25)}`,
  ],
  "and no longer": [after(born, 25), { signing, previous: { retiredAt: born } }, "drop"],
  "no rotation begins before the last one has ended": [
    renewal,
    { signing, previous: { retiredAt: renewal } },
    `wait ${after(renewal, 25)}`,
  ],
  "a root that has run out gives way to the one to come at once": [
    signing.notAfter,
    { signing, next },
    "sign",
  ],
  "when both have run out all begins anew": [next.notAfter, { signing, next }, "replace"],
  "and also when there was none to come": [signing.notAfter, { signing }, "replace"],
};

for (const [sentence, [now, state, expected]] of Object.entries(cases)) {
  test(sentence, () => {
    const step = nextRotationStep(now, state);
    assert.equal(step.kind === "wait" ? `wait ${step.until}` : step.kind, expected);
  });
}

test("a leaf is renewed after two thirds of its life", () => {
  assert.equal(
    `${renewalTime({ notBefore: born, notAfter: born.add(leafLifetime) })}`,
    "2026-01-01T16:00:00Z",
  );
});

/** What a holder shows and what it trusts, as a certificate's root and dates. */
interface Papers {
  readonly root: SigningRoot["certificate"];
  readonly notAfter: Temporal.Instant;
  readonly renewAt: Temporal.Instant;
  readonly trusted: readonly SigningRoot["certificate"][];
}

function trustedBy({ signing, next, previous }: XdsAuthority): Papers["trusted"] {
  return [signing, next, previous].flatMap((root) => root?.certificate ?? []);
}

function papers(authority: XdsAuthority, now: Temporal.Instant): Papers {
  const notAfter = now.add(leafLifetime);
  const root = authority.signing.certificate;
  const renewAt = renewalTime({ notBefore: now, notAfter });
  return { root, notAfter, renewAt, trusted: trustedBy(authority) };
}

function mustRenew(held: Papers, authority: XdsAuthority, now: Temporal.Instant): boolean {
  const isDue = Temporal.Instant.compare(now, held.renewAt) >= 0;
  const trusted = trustedBy(authority);
  const isTrusted = trusted.every((root, index) => root === held.trusted[index]);
  const isSame = trusted.length === held.trusted.length && isTrusted;
  return isDue || !isSame || held.root !== authority.signing.certificate;
}

function takes(one: Papers, other: Papers, now: Temporal.Instant): boolean {
  const isGood = Temporal.Instant.compare(now, other.notAfter) < 0;
  return isGood && one.trusted.includes(other.root);
}

test("over two years every proxy with files of the last hours can connect to every replica at any time", async () => {
  const clock = createManualClock();
  const random = createSeededRandom(11);
  let stored = createAuthority(clock.now());
  let secret = papers(stored, clock.now());
  const replicas = Array.from({ length: 3 }, () => papers(stored, clock.now()));
  const proxies = Array.from({ length: 4 }, () => secret);
  const signers = new Set<string>();
  const end = clock.now().add({ hours: 2 * 365 * 24 });
  /** One replica looks: what it does to what is stored, then to itself. */
  const look = (index: number, now: Temporal.Instant): void => {
    for (;;) {
      if (mustRenew(secret, stored, now)) secret = papers(stored, now);
      const step = nextRotationStep(now, rotationState(stored));
      if (step.kind === "wait") break;
      stored = takeStep(stored, step.kind, now);
    }
    const own = replicas[index];
    if (own === undefined || mustRenew(own, stored, now)) replicas[index] = papers(stored, now);
  };
  for (let turn = 0; Temporal.Instant.compare(clock.now(), end) < 0; turn++) {
    await clock.advance({ minutes: 10 + Math.floor(random.fraction() * 50) });
    const now = clock.now();
    // Each proxy has its files from the last four turns, each replica looked in the last two.
    proxies[turn % proxies.length] = secret;
    for (const index of replicas.keys()) if (index !== turn % 4) look(index, now);
    for (const proxy of proxies) {
      for (const replica of replicas) {
        if (!takes(proxy, replica, now)) assert.fail(`a proxy refuses a replica at ${now}`);
        if (!takes(replica, proxy, now)) assert.fail(`a replica refuses a proxy at ${now}`);
      }
    }
    signers.add(stored.signing.certificate.serialNumber);
  }
  assert.equal(signers.size, 3, "a root signs for eight months");
});
