/** Challenges that somebody else writes: they have nothing answered, no credentials used, and no account asked. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { JsonObject } from "#base/json.ts";
import type { Solver } from "#certificates/solvers/solver.ts";
import { challengeKind, readChallengeStatus } from "#kinds/cert-manager/challenge.ts";
import { orderKind, readOrderStatus } from "#kinds/cert-manager/order.ts";
import { read } from "#kinds/kind.ts";
import type { KubeObject, OwnerReference } from "#kinds/object.ts";
import { until } from "#test/bench/measure/waiting.ts";
import { skipWithoutGo } from "#test/lab/build/requirements.ts";
import { type AcmeStage, issuerOf, openStage } from "./acme-stage.ts";
import { startPebble } from "./pebble.ts";

const skip = await skipWithoutGo();

/** Every solver is asked through this one: what it was given. */
function recording(type: Solver["type"], given: string[]): Solver {
  const note: Solver["present"] = async ({ dnsName, key }) => {
    given.push(`${dnsName} ${key}`);
    return { kind: "done" };
  };
  return { type, present: note, check: note, cleanUp: note };
}

async function forge(
  { store }: AcmeStage,
  name: string,
  spec: JsonObject,
  owner?: OwnerReference,
): Promise<KubeObject> {
  return await store.create({
    apiVersion: "acme.cert-manager.io/v1",
    kind: "Challenge",
    metadata: {
      ...{ name, namespace: "shop", finalizers: ["acme.cert-manager.io/finalizer"] },
      ...(owner === undefined ? {} : { ownerReferences: [owner] }),
    },
    body: { spec },
  });
}

const forgedSpec: JsonObject = {
  ...{ url: "https://evil.test/c", authorizationURL: "https://evil.test/a" },
  ...{ dnsName: "bank.example.com", type: "DNS-01", token: "t", key: "stolen", wildcard: false },
  solver: { dns01: { webhook: { groupName: "evil.test", solverName: "evil" } } },
  issuerRef: { name: "prod", kind: "ClusterIssuer" },
};

describe("a forged Challenge", { skip }, () => {
  test("of nobody, of an Order that is not there, and of an Order that made another one, is left alone", async () => {
    const given: string[] = [];
    await using stage = await openStage(() => [recording("dns-01", given)]);
    await using pebble = await startPebble({ httpPort: stage.answers.port });
    await stage.issue({ ...issuerOf(pebble), solvers: [{ http01: { ingress: {} } }, dnsSolver] });
    await stage.start();
    await stage.order("web-1", ["a.example.com"]);
    const [order] = (await stage.store.list(orderKind.id)).items;
    assert.ok(order);
    const owner = { apiVersion: order.apiVersion, kind: order.kind, controller: true } as const;
    const [own] = readOrderStatus(order).authorizations ?? [];
    const { name, uid } = order.metadata;
    await forge(stage, "of-nobody", forgedSpec);
    await forge(stage, "of-none", forgedSpec, { ...owner, name: "none", uid: "none" });
    await forge(stage, "of-another", forgedSpec, { ...owner, name, uid });
    const close = { ...forgedSpec, authorizationURL: own?.url ?? "", dnsName: "a.example.com" };
    await forge(stage, "close", close, { ...owner, name, uid });
    // Another order afterwards: had they been taken up, they would have been before it ended.
    assert.equal((await stage.order("web-2", ["b.example.com"])).state, "valid");
    const { items } = await stage.store.list(challengeKind.id);
    const forged = ["of-nobody", "of-none", "of-another", "close"];
    const found = items.filter(({ metadata }) => forged.includes(metadata.name));
    for (const one of found) {
      const { processing, presented, reason } = readChallengeStatus(one);
      assert.match(reason ?? "", /^Nothing is done for it: /, one.metadata.name);
      assert.deepEqual([processing, presented], [undefined, undefined], one.metadata.name);
    }
    assert.deepEqual(given, []);
    assert.equal(stage.answers.answers.size, 2);
  });

  test("holds nothing up when it is to go", async () => {
    await using stage = await openStage();
    await using pebble = await startPebble();
    await stage.issue(issuerOf(pebble));
    await stage.start();
    const forged = await forge(stage, "of-nobody", forgedSpec);
    assert.ok(read(challengeKind, forged).value);
    const key = { kind: challengeKind.id, namespace: "shop", name: "of-nobody" };
    await stage.store.remove(key);
    const isGone = async (): Promise<boolean> => (await stage.store.get(key)) === undefined;
    await until(isGone, { what: "its end", longestMs: 10_000, everyMs: 20 });
  });
});

const dnsSolver = {
  dns01: { webhook: { groupName: "dns.test", solverName: "own" } },
  selector: { dnsZones: ["example.net"] },
};
