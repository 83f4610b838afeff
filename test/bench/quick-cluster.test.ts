/** The parts of the bench that need a cluster, in little: test/bench/quick.test.ts tries others. */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { promisify } from "node:util";
import { skipWithoutLab } from "#test/lab/build/requirements.ts";
import { repository } from "#test/system/harness/program.ts";

const run = promisify(execFile);
const skip = await skipWithoutLab();

interface Figures {
  readonly figures: readonly {
    readonly kind?: string;
    readonly seenMs?: { readonly samples: number; readonly p50: number };
    readonly creation?: { readonly servedMs: number };
    readonly creationUse?: { readonly statuses: number };
    readonly quietUse?: { readonly statuses: number };
    readonly control?: { readonly residentKb: number };
    readonly load?: { readonly requests: number; readonly wrong: number };
  }[];
}

/** Where page and figures are; a bar may be missed on a busy machine. */
async function bench(t: TestContext, part: string): Promise<string> {
  const out = mkdtempSync(join(tmpdir(), "sekisho-"));
  t.after(() => rmSync(out, { recursive: true }));
  const program = join(repository, "test/bench/run.ts");
  const options = ["--disable-warning=ExperimentalWarning", program, part, "--quick"];
  await run(process.execPath, [...options, "--out", out]);
  return out;
}

test("a quick bench in a cluster measures creation, changes, quiet and the API, and saves page and figures", {
  skip,
}, async (t) => {
  const out = await bench(t, "cluster");
  const page = readFileSync(join(out, "cluster.md"), "utf8");
  assert.match(page, /^\| errors of the constant load \| ≤ 0 \| 0 \| met \|$/m);
  assert.match(page, /^- left out: Traefik, not asked for$/m);
  const { figures } = JSON.parse(readFileSync(join(out, "cluster.json"), "utf8")) as Figures;
  const [share, ...changes] = figures;
  assert.ok((share?.creation?.servedMs ?? 0) > 0);
  assert.equal(share?.creationUse?.statuses, 40);
  assert.equal(share?.quietUse?.statuses, 0);
  assert.ok((share?.control?.residentKb ?? 0) > 0);
  assert.ok((share?.load?.requests ?? 0) > 0);
  assert.equal(share?.load?.wrong, 0);
  assert.deepEqual(
    changes.map(({ kind, seenMs }) => [kind, seenMs?.samples]),
    [
      ["route", 5],
      ["endpoint", 5],
    ],
  );
  for (const { seenMs } of changes) assert.ok((seenMs?.p50 ?? 0) > 0);
});

interface IssuanceFigures {
  readonly figures: readonly {
    readonly subject?: string;
    readonly cpuMs?: number;
    readonly writes?: Readonly<Record<string, number>>;
    readonly events?: number;
    readonly readyMs?: readonly number[];
  }[];
}

test("a quick bench has certificates issued in a cluster, and counts what was written for them", {
  skip,
}, async (t) => {
  const out = await bench(t, "cluster-issuance");
  const text = readFileSync(join(out, "cluster-issuance.json"), "utf8");
  const { figures } = JSON.parse(text) as IssuanceFigures;
  const [ours] = figures;
  assert.equal(ours?.subject, "Sekisho");
  assert.deepEqual(ours?.writes, {
    ...{ "create certificaterequests": 20, "create secrets": 40, "delete secrets": 20 },
    ...{ "patch certificaterequests/status": 20, "patch certificates/status": 20 },
  });
  assert.ok((ours?.events ?? 0) > 0);
  assert.ok((ours?.cpuMs ?? 0) > 0);
  const orders = figures.at(-1)?.readyMs ?? [];
  assert.equal(orders.length, 2);
  for (const readyMs of orders) assert.ok(readyMs > 0);
});
