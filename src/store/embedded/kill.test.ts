import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { createClock } from "#runtime/real-clock.ts";
import { createFiles } from "#runtime/real-files.ts";
import { createRandom } from "#runtime/real-random.ts";
import { openEmbeddedStore } from "./embedded-store.ts";

const deps = { files: createFiles(), clock: createClock(), random: createRandom() };
/** A soak asks for more. */
// biome-ignore lint/style/noProcessEnv: how long a test runs is asked of the environment
const kills = Number(process.env["SEKISHO_STORE_KILLS"] ?? 20);

test(`after each of ${kills} kill -9 of a writer everything it acknowledged is there`, async (context) => {
  const directory = await mkdtemp(path.join(tmpdir(), "sekisho-kill-"));
  context.after(() => rm(directory, { recursive: true }));
  const acknowledged = new Map<string, string>();
  for (let round = 0; round < kills; round++) {
    await writeUntilKilled(directory, round, acknowledged);
    const store = await openEmbeddedStore(deps, { directory });
    const { items } = await store.list("ConfigMap");
    const found = new Map(
      items.map(({ metadata, body }) => [metadata.name, JSON.stringify(body["data"])]),
    );
    for (const [name, data] of acknowledged) {
      // The write after the last acknowledged one may have become durable too.
      const value = Number(/\d+/.exec(found.get(name) ?? "")?.[0] ?? -1);
      assert.ok(
        value >= Number(data),
        `round ${round}: ${name} is ${value}, ${data} was acknowledged`,
      );
    }
    await store.close();
  }
  assert.ok(acknowledged.size > 0);
});

/** Kills the writer after a different number of acknowledgements each round. */
async function writeUntilKilled(
  directory: string,
  round: number,
  acknowledged: Map<string, string>,
): Promise<void> {
  const script = path.join(import.meta.dirname, "store-writer.fixture.ts");
  const writer = spawn(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", script, directory, `${round}`],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  const exited = once(writer, "exit");
  const enough = 1 + ((round * 37) % 60);
  let seen = 0;
  for await (const line of createInterface({ input: writer.stdout })) {
    const [name = "", value = ""] = line.split(" ");
    acknowledged.set(name, value);
    seen += 1;
    if (seen === enough) writer.kill("SIGKILL");
  }
  await exited;
}
