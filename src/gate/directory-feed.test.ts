import assert from "node:assert/strict";
import { test } from "node:test";
import type { Finding } from "#base/finding.ts";
import { serviceKind } from "#kinds/service.ts";
import { pass, service } from "#test/fakes/directory-harness.ts";
import { temporaryStore, written } from "#test/fakes/embedded-store.ts";
import { createManualClock } from "#test/fakes/runtime/manual-clock.ts";
import { createMemoryFiles } from "#test/fakes/runtime/memory-files.ts";
import { silentLog } from "#test/fakes/runtime/silent-log.ts";
import { createDirectoryFeed } from "./directory-feed.ts";

test("changes that could not be stored are reported, and stored with those that came meanwhile once it works", async (context) => {
  const clock = createManualClock();
  const files = createMemoryFiles();
  const store = await temporaryStore(context);
  const disk = { full: false };
  const findings: (readonly Finding[])[] = [];
  const feed = createDirectoryFeed(
    {
      clock,
      files,
      log: silentLog,
      store: {
        ...store,
        replaceFiles: async (batch: Parameters<typeof store.replaceFiles>[0]) => {
          if (disk.full) throw new Error("database or disk is full");
          return await store.replaceFiles(batch);
        },
      },
      changed: (now) => findings.push(now),
    },
    ["/m"],
  );
  const served = async (): Promise<readonly unknown[]> => {
    await written(store);
    const { items } = await store.list(serviceKind.id);
    return items.map(({ metadata, body }) => [metadata.name, body["spec"]]);
  };
  files.write("/m/a.yaml", service("a"));
  files.write("/m/b.yaml", service("b"));
  await feed.source.start();
  await feed.complete;

  disk.full = true;
  files.write("/m/a.yaml", service("a", 81));
  files.erase("/m/b.yaml");
  await pass(clock, { milliseconds: 250 });
  files.write("/m/c.yaml", service("c"));
  files.write("/m/a.yaml", service("a", 82));
  await pass(clock, { milliseconds: 250 });
  assert.deepEqual(await served(), [
    ["a", { port: 80 }],
    ["b", { port: 80 }],
  ]);
  assert.deepEqual(
    findings.at(-1)?.map(({ reason }) => reason),
    ["FilesNotStored"],
  );

  disk.full = false;
  await pass(clock, { seconds: 5 });
  assert.deepEqual(await served(), [
    ["a", { port: 82 }],
    ["c", { port: 80 }],
  ]);
  assert.deepEqual(findings.at(-1), []);
  await feed.close();
});
