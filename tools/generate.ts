/** Makes gen/ from proto/envoy.binpb; with `--check` only says whether gen/ is what would be made. */

import { execFileSync, spawnSync } from "node:child_process";
import {
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { delimiter, dirname, join } from "node:path";

const root = join(import.meta.dirname, "..");
const modules = join(root, "node_modules");
const generated = join(root, "gen");
/** What gen/ depends on, and where tools/node looks for it. */
const stampInputs = ["package-lock.json", "proto/buf.gen.yaml", "proto/envoy.binpb"];

function runBuf(folder: string): void {
  const buf = join(modules, "@bufbuild/buf/bin/buf");
  const command = ["generate", "proto/envoy.binpb", "--template", "proto/buf.gen.yaml"];
  const path = [dirname(process.execPath), join(modules, ".bin"), process.env["PATH"] ?? ""];
  const run = spawnSync(process.execPath, [buf, ...command, "--output", folder], {
    cwd: root,
    encoding: "utf8",
    env: { ...process.env, PATH: path.join(delimiter), BUF_CACHE_DIR: join(folder, "cache") },
  });
  if (run.status === 0) return;
  throw new Error(`buf generate failed: ${run.stderr || run.error?.message}`);
}

function stamp(): string {
  return execFileSync("cksum", stampInputs, { cwd: root, encoding: "utf8" });
}

/** Puts `made` in the place of gen/, so that no reader meets a half-written folder. */
function replaceGenerated(made: string, aside: string): void {
  if (existsSync(generated)) renameSync(generated, aside);
  renameSync(made, generated);
}

function differences(made: string): readonly string[] {
  const names = new Set(
    [made, generated].flatMap((folder) => globSync("**/*.ts", { cwd: folder })),
  );
  const read = (folder: string, name: string): string =>
    existsSync(join(folder, name)) ? readFileSync(join(folder, name), "utf8") : "";
  return [...names].filter((name) => read(made, name) !== read(generated, name)).sort();
}

const check = process.argv.includes("--check");
mkdirSync(modules, { recursive: true });
const folder = mkdtempSync(join(modules, ".generate-"));
try {
  const current = stamp();
  runBuf(folder);
  const made = join(folder, "gen");
  if (check) {
    const wrong = differences(made);
    if (wrong.length > 0) {
      console.error(
        `gen/ is not up to date (${wrong.slice(0, 5).join(", ")}): run npm run generate`,
      );
      process.exitCode = 1;
    }
  } else {
    writeFileSync(join(made, ".stamp"), current);
    replaceGenerated(made, join(folder, "old"));
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
