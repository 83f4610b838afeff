/** The judge of our YAML reading: Go's sigs.k8s.io/yaml and kubectl's decoder, built once and kept in the cache. */

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

const sources = join(import.meta.dirname, "judge");

/** What the judge makes of a text. */
export interface Reading {
  /** As JSON text; those before the error when there is one. */
  readonly documents: readonly unknown[];
  /** Empty when all was read. */
  readonly error: string;
}

export interface Question {
  /** A whole file through kubectl's decoder instead of one document through sigs.k8s.io/yaml. */
  readonly whole: boolean;
  readonly text: string;
}

/** Why the judge cannot be asked here; undefined when it can. In CI it must be there. */
export function findReasonToSkip(): string | undefined {
  if (process.env["CI"] === "true") return undefined;
  const go = spawnSync("go", ["version"]);
  return go.status === 0 ? undefined : "go is not installed: the judge cannot be built";
}

function build(): string {
  const hash = createHash("sha256");
  for (const name of ["main.go", "go.mod", "go.sum"])
    hash.update(readFileSync(join(sources, name)));
  const cache = process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache");
  const folder = join(cache, "sekisho", "yaml-judge");
  const program = join(folder, hash.digest("hex").slice(0, 16));
  if (existsSync(program)) return program;
  mkdirSync(folder, { recursive: true });
  const unfinished = `${program}.${process.pid}`;
  const built = spawnSync("go", ["build", "-o", unfinished, "."], {
    cwd: sources,
    encoding: "utf8",
    env: { ...process.env, CGO_ENABLED: "0" },
  });
  if (built.status !== 0) throw new Error(`go build failed: ${built.stderr}`);
  renameSync(unfinished, program);
  return program;
}

/** The judge's answers, in the order of the questions. */
export function askKubectl(questions: readonly Question[]): readonly Reading[] {
  const input = questions
    .map(({ whole, text }) => JSON.stringify({ whole, text: Buffer.from(text).toString("base64") }))
    .join("\n");
  const answered = spawnSync(build(), [], {
    input: `${input}\n`,
    encoding: "utf8",
    maxBuffer: 2 ** 30,
  });
  if (answered.status !== 0) throw new Error(`the judge failed: ${answered.stderr}`);
  return answered.stdout
    .trimEnd()
    .split("\n")
    .map((line) => {
      const { documents, error } = JSON.parse(line) as Reading;
      return { documents: documents ?? [], error };
    });
}
