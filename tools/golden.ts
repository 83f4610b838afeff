/** Rewrites every golden file by running the tests that use test/golden.ts, then deletes golden files that no test wrote. */

import { spawnSync } from "node:child_process";
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
/** Written by people; everything else in a case folder is written by tests. */
const inputs = /(^|\/)(input\.yaml|[^/]*\.md)$/;

const tests = globSync(["src/**/*.test.ts", "test/**/*.test.ts"], { cwd: root }).filter((file) =>
  /["'/]golden\.ts["']|\/contract\.ts["']/.test(readFileSync(join(root, file), "utf8")),
);
if (tests.length === 0) throw new Error("no test uses test/golden.ts");
const folder = mkdtempSync(join(tmpdir(), "golden-"));
try {
  const record = join(folder, "written");
  writeFileSync(record, "");
  const run = spawnSync(process.execPath, ["--test", "--test-reporter=dot", ...tests], {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, SEKISHO_GOLDEN_RECORD: record },
  });
  process.exitCode = run.status ?? 1;
  const written = new Set(readFileSync(record, "utf8").split("\n").filter(Boolean));
  console.log(`${written.size} golden files written by ${tests.length} test files`);
  if (run.status === 0) deleteOrphans(written);
  else console.error("no orphan was deleted, as tests failed: repair them and run it again");
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Only in `cases` folders that some test wrote to: others are compared in another way. */
function deleteOrphans(written: ReadonlySet<string>): void {
  const casesOf = (file: string): string => file.slice(0, file.lastIndexOf("/cases/") + 7);
  const live = new Set([...written].filter((file) => file.includes("/cases/")).map(casesOf));
  for (const file of globSync(["src/**/cases/*/**/*.*", "test/**/cases/*/**/*.*"], { cwd: root })) {
    const path = join(root, file);
    if (inputs.test(file) || written.has(path) || !live.has(casesOf(path))) continue;
    rmSync(path);
    console.log(`deleted ${file}: no test wrote it`);
  }
}
