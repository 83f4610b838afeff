import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const program = fileURLToPath(new URL("run.ts", import.meta.url));

async function bench(args: readonly string[]): Promise<string> {
  const options = ["--disable-warning=ExperimentalWarning", program, ...args];
  return (await run(process.execPath, options)).stdout;
}

test("a quick bench measures changes of every kind with the bundled program, and saves page and figures", async (t) => {
  const out = mkdtempSync(join(tmpdir(), "sekisho-"));
  t.after(() => rmSync(out, { recursive: true }));
  await bench(["changes", "--quick", "--out", out]);
  const page = readFileSync(join(out, "changes.md"), "utf8");
  assert.match(page, /^\| errors on other hosts \| ≤ 0 \| 0 \| met \|$/m);
  const { figures } = JSON.parse(readFileSync(join(out, "changes.json"), "utf8")) as {
    readonly figures: readonly {
      readonly kind: string;
      readonly seenMs: { readonly samples: number; readonly p50: number };
      readonly runs: readonly { readonly bytes: number; readonly wrong: number }[];
    }[];
  };
  assert.deepEqual(
    figures.map(({ kind }) => kind),
    ["route", "endpoint", "host", "certificate"],
  );
  for (const { kind, seenMs, runs } of figures) {
    assert.equal(seenMs.samples, 5, kind);
    assert.ok(seenMs.p50 > 0, kind);
    assert.ok(
      runs.every(({ bytes }) => bytes > 0),
      `${kind} was sent to Envoy`,
    );
  }
});

test("a quick bench asks VirtualServers while passwords are guessed", async (t) => {
  const out = mkdtempSync(join(tmpdir(), "sekisho-"));
  t.after(() => rmSync(out, { recursive: true }));
  await bench(["virtual-servers", "--quick", "--out", out]).catch(() => "a bar was missed");
  const { figures } = JSON.parse(readFileSync(join(out, "virtual-servers.json"), "utf8")) as {
    readonly figures: readonly {
      readonly kind?: string;
      readonly load?: string;
      readonly wrong?: number;
      readonly answers?: Readonly<Record<string, number>>;
    }[];
  };
  assert.deepEqual(
    figures.flatMap(({ kind }) => kind ?? []),
    ["route", "endpoint", "host"],
  );
  const turns = figures.filter(({ load }) => load !== undefined);
  assert.deepEqual(
    turns.map(({ load }) => load),
    [...["quiet", "nothing", "guess"], ...["guess", "nothing", "quiet"]],
  );
  for (const { load, wrong, answers = {} } of turns) {
    assert.equal(wrong, 0, `${load}`);
    if (load !== "quiet") assert.ok((answers["401"] ?? 0) > 0, JSON.stringify(answers));
  }
});

test("a quick bench has certificates issued by an ACME server and by an authority of one's own", async (t) => {
  const out = mkdtempSync(join(tmpdir(), "sekisho-"));
  t.after(() => rmSync(out, { recursive: true }));
  await bench(["issuance", "--quick", "--out", out]);
  const { figures } = JSON.parse(readFileSync(join(out, "issuance.json"), "utf8")) as {
    readonly figures: readonly {
      readonly startMs?: readonly number[];
      readonly moreMs?: readonly number[];
      readonly certificates?: number;
      readonly atRest?: number;
    }[];
  };
  const [acme, ...own] = figures;
  assert.equal(acme?.startMs?.length, 1);
  assert.equal(acme?.moreMs?.length, 2);
  assert.deepEqual(
    own.map(({ certificates, atRest }) => certificates ?? atRest),
    [20, 40, 40],
  );
});

test("a quick bench renews certificates under new connections, and none fails", async (t) => {
  const out = mkdtempSync(join(tmpdir(), "sekisho-"));
  t.after(() => rmSync(out, { recursive: true }));
  await bench(["rotation", "--quick", "--out", out]);
  const page = readFileSync(join(out, "rotation.md"), "utf8");
  assert.match(page, /^\| failed handshakes \| ≤ 0 \| 0 \| met \|$/m);
});

test("a part that there is not is refused with those that there are", async () => {
  await assert.rejects(bench(["speed"]), { code: 2, stderr: /no part speed\n.*\[changes\]/ });
});
