import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import type { Finding } from "#base/finding.ts";
import type { Json, JsonObject } from "#base/json.ts";
import { StoreError } from "#store/object-store.ts";
import { createManualClock, type ManualClock } from "#test/fakes/runtime/manual-clock.ts";
import { silentLog } from "#test/fakes/runtime/silent-log.ts";
import { watchWebhooks } from "./webhook-watch.ts";

const service = { namespace: "cert-manager", name: "cert-manager-webhook" };

/** As cert-manager's chart has them. */
const configuration: JsonObject = {
  metadata: { name: "cert-manager-webhook" },
  webhooks: [
    {
      name: "webhook.cert-manager.io",
      failurePolicy: "Fail",
      rules: [{ apiGroups: ["cert-manager.io", "acme.cert-manager.io"], resources: ["*/*"] }],
      clientConfig: { service: { ...service, path: "/validate" } },
    },
  ],
};

function slice(ready: boolean): JsonObject {
  return {
    metadata: {
      namespace: service.namespace,
      labels: { "kubernetes.io/service-name": service.name },
    },
    endpoints: [{ conditions: { ready } }],
  };
}

interface Watched {
  readonly clock: ManualClock;
  /** The last list that was told. */
  readonly found: () => readonly Finding[];
  readonly stop: () => void;
}

function watch(answers: (path: string) => readonly JsonObject[]): Watched {
  const clock = createManualClock();
  let last: readonly Finding[] = [];
  const call = async ({ path }: { readonly path: string }): Promise<Json> => ({
    items: [...answers(path)],
  });
  const stop = watchWebhooks({ clock, log: silentLog, api: { call } }, (findings) => {
    last = findings;
  });
  return { clock, found: () => last, stop };
}

async function turns(): Promise<void> {
  for (let count = 0; count < 10; count++) await turn();
}

test("a webhook of cert-manager that nobody answers is found, until somebody does", async () => {
  let isReady = false;
  const { clock, found, stop } = watch((path) => {
    if (path.endsWith("/endpointslices")) return [slice(isReady)];
    return path.includes("validating") ? [configuration] : [];
  });
  await turns();
  const [dead, ...others] = found();
  assert.deepEqual(others, []);
  assert.equal(dead?.severity, "error");
  assert.match(dead.message, /asks Service cert-manager\/cert-manager-webhook about certificates/);
  assert.match(dead.advice, /kubectl delete validatingwebhookconfiguration cert-manager-webhook$/);
  isReady = true;
  await clock.advance({ minutes: 1 });
  await turns();
  assert.deepEqual(found(), []);
  isReady = false;
  await clock.advance({ minutes: 1 });
  await turns();
  assert.equal(found().length, 1);
  stop();
  assert.deepEqual(found(), [], "whoever does not issue says nothing of it");
});

test("webhooks about other things are not looked at any further", async () => {
  const asked: string[] = [];
  const { found, stop } = watch((path) => {
    asked.push(path);
    const webhooks = [{ rules: [{ apiGroups: ["apps"] }], clientConfig: { service } }];
    return [{ metadata: { name: "other" }, webhooks }];
  });
  await turns();
  assert.deepEqual(found(), []);
  assert.equal(asked.length, 2);
  stop();
});

test("who may not look is not asked to again", async () => {
  let count = 0;
  const { clock, stop } = watch(() => {
    count++;
    throw new StoreError("denied", "no");
  });
  await turns();
  await clock.advance({ hours: 1 });
  await turns();
  assert.equal(count, 2, "one look asks for two lists");
  stop();
});
