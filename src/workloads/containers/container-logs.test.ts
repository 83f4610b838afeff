import assert from "node:assert/strict";
import { test } from "node:test";
import { createManualClock } from "#test/fakes/runtime/manual-clock.ts";
import { createMemoryFiles } from "#test/fakes/runtime/memory-files.ts";
import { readLog, rotateLogs } from "./container-logs.ts";

const never = new AbortController().signal;

async function all(reading: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of reading) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

test("the newest start is read, or the one before it", async () => {
  const files = createMemoryFiles();
  const deps = { files, clock: createManualClock() };
  files.write("/logs/p/c/9.log", "old\n");
  files.write("/logs/p/c/10.log", "new\n");
  assert.equal(
    await all(readLog(deps, "/logs/p/c", { follow: false, previous: false }, never)),
    "new\n",
  );
  assert.equal(
    await all(readLog(deps, "/logs/p/c", { follow: false, previous: true }, never)),
    "old\n",
  );
  assert.equal(
    await all(readLog(deps, "/logs/p/x", { follow: false, previous: false }, never)),
    "",
  );
});

test("following goes on with what is written later, in later starts too, until aborted", async () => {
  const files = createMemoryFiles();
  const clock = createManualClock();
  const over = new AbortController();
  files.write("/logs/p/c/0.log", "one\n");
  const reading = readLog(
    { files, clock },
    "/logs/p/c",
    { follow: true, previous: false },
    over.signal,
  );
  const next = async (change: () => void): Promise<string> => {
    const pending = reading.next();
    await clock.timerSet();
    change();
    await clock.advance({ milliseconds: 250 });
    const { value } = await pending;
    return Buffer.from(value ?? []).toString("utf8");
  };
  assert.equal(Buffer.from((await reading.next()).value ?? []).toString("utf8"), "one\n");
  assert.equal(await next(() => files.write("/logs/p/c/0.log", "one\ntwo\n")), "two\n");
  assert.equal(await next(() => files.write("/logs/p/c/1.log", "three\n")), "three\n");
  const last = reading.next();
  await clock.timerSet();
  over.abort();
  assert.equal((await last).done, true);
});

test("a file that has grown too long is cut, and only two starts are kept", async () => {
  const files = createMemoryFiles();
  const clock = createManualClock();
  const over = new AbortController();
  for (const start of [0, 1, 2]) files.write(`/logs/p/c/${start}.log`, `${start}`);
  files.write("/logs/p/c/2.log", Buffer.alloc(10 * 1024 * 1024 + 5, "x"));
  const rotating = rotateLogs({ files, clock }, "/logs", over.signal);
  await clock.timerSet();
  await clock.advance({ seconds: 10 });
  await clock.timerSet();
  over.abort();
  await rotating;
  const names = (await files.list("/logs/p/c")).map(({ name }) => name);
  assert.deepEqual(names, ["1.log", "2.log", "2.log.1"]);
  assert.equal((await files.status("/logs/p/c/2.log"))?.bytes, 0);
  assert.equal((await files.status("/logs/p/c/2.log.1"))?.bytes, 10 * 1024 * 1024);
});
