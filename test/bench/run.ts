/** `npm run bench [part…]`: measures, prints, and saves each part as Markdown and JSON in docs/benchmarks/. */

import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { formatMachine, readLoad, readMachine } from "./measure/machine.ts";
import { parts } from "./parts/all.ts";
import type { BenchContext, Part } from "./parts/part.ts";
import { fullPlan, quickPlan } from "./plan.ts";
import { formatReport } from "./report/markdown.ts";
import type { Circumstances, PartReport } from "./report/report.ts";
import { openStage } from "./stage.ts";

const repository = fileURLToPath(new URL("../../", import.meta.url));
const usage = `npm run bench -- [${parts.map(({ name }) => name).join("] [")}] [--quick] [--peers NAMES] [--install] [--out DIR] [--profile DIR]
  --quick     small worlds and few changes: shows that the measuring works, saves nothing unless --out is given
  --peers     which other proxies are measured too: names with commas, all (default), none (default with --quick)
  --install   brings peers that are not there: wheels into the cache, Debian packages when run as root
  --out       where pages go (default: docs/benchmarks)
  --profile   where processor profiles of the control plane go`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: "boolean", default: false },
    peers: { type: "string" },
    install: { type: "boolean", default: false },
    out: { type: "string" },
    profile: { type: "string" },
    help: { type: "boolean", default: false },
  },
});

/** Of what is measured: the program is bundled when the bench starts. */
const measuredCommit = commit();

/** Measures one part; a part that fails is reported as failed and the others go on. */
async function measure(part: Part, context: BenchContext): Promise<boolean> {
  const loadAtStart = readLoad();
  const startedAt = new Date().toISOString().slice(0, 16);
  const started = performance.now();
  try {
    const failedBefore = context.failures.length;
    const report = await part.run(context);
    const failed = context.failures.slice(failedBefore);
    const circumstances = {
      machine: formatMachine(readMachine(context.directory)),
      startedAt: `${startedAt}Z`,
      seconds: (performance.now() - started) / 1000,
      loadAtStart,
      loadAtEnd: readLoad(),
      commit: measuredCommit,
    };
    publish(part, { ...report, notes: [...report.notes, ...failed] }, circumstances);
    return failed.length === 0;
  } catch (error) {
    console.error(`${part.name} failed:`, error);
    return false;
  }
}

function publish(part: Part, report: PartReport, circumstances: Circumstances): void {
  const page = formatReport(part.title, report, circumstances);
  console.log(page);
  const out = values.out ?? (values.quick ? undefined : join(repository, "docs/benchmarks"));
  if (out === undefined) return;
  const { bars, figures } = report;
  mkdirSync(resolve(out), { recursive: true });
  writeFileSync(resolve(out, `${part.name}.md`), page);
  const json = JSON.stringify({ part: part.name, ...circumstances, bars, figures }, undefined, 1);
  writeFileSync(resolve(out, `${part.name}.json`), `${json}\n`);
}

function commit(): string {
  try {
    const args = ["describe", "--always", "--dirty", "--exclude=*"];
    return execFileSync("git", args, { cwd: repository, encoding: "utf8" }).trim();
  } catch {
    return "an unknown commit";
  }
}

async function main(): Promise<number> {
  if (values.help) {
    console.log(usage);
    return 0;
  }
  const unknown = positionals.filter((name) => !parts.some((part) => part.name === name));
  if (unknown.length > 0) {
    console.error(`there is no part ${unknown.join(", ")}\n${usage}`);
    return 2;
  }
  await using stage = await openStage({
    plan: values.quick ? quickPlan : fullPlan,
    peers: values.peers ?? (values.quick ? "none" : "all"),
    install: values.install,
    profile: values.profile === undefined ? undefined : resolve(values.profile),
  });
  // What was started ends with us: see startProgram. The rest is the directory.
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => void stage[Symbol.asyncDispose]().then(() => process.exit(130)));
  }
  const wanted = parts.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
  let failures = 0;
  for (const part of wanted) if (!(await measure(part, stage.context))) failures += 1;
  return failures === 0 ? 0 : 1;
}

process.exitCode = await main();
