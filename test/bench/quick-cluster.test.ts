/** The part of the bench that needs a cluster, in little: test/bench/quick.test.ts tries the others. */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { skipWithoutLab } from "#test/lab/build/requirements.ts";
import { repository } from "#test/system/program.ts";

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

test("a quick bench in a cluster measures creation, changes, quiet and the API, and saves page and figures", {
  skip,
}, async (t) => {
  const out = mkdtempSync(join(tmpdir(), "sekisho-"));
  t.after(() => rmSync(out, { recursive: true }));
  const program = join(repository, "test/bench/run.ts");
  await run(process.execPath, [
    "--disable-warning=ExperimentalWarning",
    program,
    "cluster",
    "--quick",
    ...["--out", out],
  ]);
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
