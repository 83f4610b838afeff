import assert from "node:assert/strict";
import { test } from "node:test";
import type { Service } from "#kinds/service.ts";
import type { Draft } from "#store/object-store.ts";
import { keepServicePorts, type WantedPort } from "./service-ports.ts";

const place = { namespace: "sekisho-system", name: "sekisho" };
const web = { name: "http", port: 80, targetPort: "http" } as const;
const dns: WantedPort = { protocol: "UDP", port: 53, targetPort: 8053 };
const ours = { name: "sekisho-udp-53", ...dns } as const;

/** What is applied to a Service with these entries; undefined: nothing. */
async function applied(
  ports: NonNullable<Service["spec"]>["ports"],
  wanted: readonly WantedPort[],
): Promise<Draft["body"] | undefined> {
  const drafts: Draft[] = [];
  const store = {
    apply: async (draft: Draft) => {
      drafts.push(draft);
      throw new Error("nothing is stored here");
    },
  };
  const service = ports === undefined ? undefined : { spec: { ports } };
  await keepServicePorts(store, place, service, wanted).catch(() => undefined);
  assert.ok(drafts.length < 2);
  return drafts[0]?.body;
}

test("a port that is wanted gets an entry, beside those of others", async () => {
  assert.deepEqual(await applied([web], [dns]), { spec: { ports: [ours] } });
});

test("what is there already is not written again", async () => {
  assert.equal(await applied([web, ours], [dns]), undefined);
  assert.equal(await applied([web], []), undefined);
});

test("an entry that nobody wants any more goes, one of others never", async () => {
  assert.deepEqual(await applied([web, ours], []), {});
});

test("a port for which somebody else made an entry is left to him, by the same protocol alone", async () => {
  const theirs = { name: "dns", protocol: "UDP", port: 53 } as const;
  assert.equal(await applied([web, theirs], [dns]), undefined);
  assert.deepEqual(await applied([{ ...theirs, protocol: "TCP" }], [dns]), {
    spec: { ports: [ours] },
  });
});

test("without a Service nothing is written", async () => {
  assert.equal(await applied(undefined, [dns]), undefined);
});
