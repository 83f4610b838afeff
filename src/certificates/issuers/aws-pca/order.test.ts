/** One order a request, and one certificate, whatever is lost and whenever the process dies. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { beginScene, issued } from "#test/fakes/aws-pca/scene.ts";
import { noOpenssl } from "#test/fakes/certificates/openssl.ts";

const skip = noOpenssl;

test("an order whose answer was lost is sent again byte for byte, and makes no second certificate", {
  skip,
}, async (context) => {
  const scene = await beginScene(context);
  scene.ca.refuseNext("IssueCertificate", { type: "after" });
  assert.equal((await scene.sign()).kind, "outage");
  await scene.clock.advance({ minutes: 4 });
  scene.restart();
  await issued(scene);
  const [first, second] = scene.orders();
  assert.equal(first?.body, second?.body);
  assert.deepEqual([scene.orders().length, scene.ca.issued.length], [2, 1]);
});

test("once AWS has forgotten the token it is told, and one new order follows", {
  skip,
}, async (context) => {
  const scene = await beginScene(context);
  scene.ca.refuseNext("IssueCertificate", { type: "after" });
  await scene.sign();
  await scene.clock.advance({ minutes: 4, seconds: 45 });
  scene.restart();
  const waiting = await scene.sign();
  assert.deepEqual(waiting, {
    kind: "pending",
    message: "an order may be under way that cannot be repeated; another one follows it",
    retryAfter: Temporal.Duration.from({ seconds: 15 }),
  });
  await scene.clock.advance({ seconds: 15 });
  await issued(scene);
  assert.match(
    scene.told().join("\n"),
    /^Warning OrderLost: .* not answered within the five minutes/,
  );
  assert.deepEqual([scene.orders().length, scene.ca.issued.length], [2, 2]);
  assert.equal(new Set(scene.orders().map(({ token }) => token)).size, 2);
});

interface Death {
  /** Certificates that there are when it begins anew after AWS has forgotten the token. */
  readonly later: number;
  /** Whether it cannot know by then what became of its order. */
  readonly isLost: boolean;
}

/** Where a process can die: before and after each write, and around each call. */
const deaths: Readonly<Record<string, Death>> = {
  "DescribeCertificateAuthority answered": { later: 1, isLost: false },
  "write 1": { later: 1, isLost: false },
  "write 1 done": { later: 1, isLost: true },
  "IssueCertificate before": { later: 1, isLost: true },
  "IssueCertificate under way": { later: 2, isLost: true },
  "IssueCertificate answered": { later: 2, isLost: true },
  "write 2": { later: 2, isLost: true },
  "write 2 done": { later: 1, isLost: false },
  "GetCertificate before": { later: 1, isLost: false },
  "GetCertificate under way": { later: 1, isLost: false },
  "GetCertificate answered": { later: 1, isLost: false },
};

for (const [death, { later, isLost }] of Object.entries(deaths)) {
  test(`a process that dies at "${death}" leaves one certificate and one token`, {
    skip,
  }, async (context) => {
    const scene = await beginScene(context, { death });
    await scene.sign().catch(() => undefined);
    assert.ok(scene.isDead());
    scene.restart();
    await scene.clock.advance({ minutes: 1 });
    await issued(scene);
    assert.equal(scene.ca.issued.length, 1);
    assert.ok(scene.orders().length <= 2);
    assert.equal(new Set(scene.orders().map(({ body }) => body)).size, 1);
  });

  test(`a process that dies at "${death}" and begins anew later orders once more at most, and says so`, {
    skip,
  }, async (context) => {
    const scene = await beginScene(context, { death });
    await scene.sign().catch(() => undefined);
    assert.ok(scene.isDead());
    await scene.arrived();
    scene.restart();
    await scene.clock.advance({ minutes: 6 });
    await issued(scene);
    assert.equal(scene.ca.issued.length, later);
    assert.ok(scene.orders().length <= 2);
    assert.equal(/OrderLost/.test(scene.told().join()), isLost);
  });
}
