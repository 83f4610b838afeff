/** docs/settings.md says what the schema of sekisho.yaml, the environment and the flags of `up` are, and nothing else. */

import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Json } from "#base/json.ts";
import type { Problem } from "#base/schema.ts";
import { upCommand } from "#cli/up/up.ts";
import { defaults, readSettings } from "#config/settings.ts";
import { everyField } from "./every-field.ts";
import { rowsOf } from "./table-rows.ts";

const root = join(import.meta.dirname, "../..");
const page = readFileSync(join(root, "docs/settings.md"), "utf8");
const settingRows = rowsOf(page, "setting");

/** What the schema says of each of its fields when it holds a mapping; entries of free keys are `*`. */
const schema: ReadonlyMap<string, Problem> = new Map(
  readSettings(everyField())
    .problems.filter(({ problem }) => problem !== "unknown")
    .map((problem) => [problem.path, problem]),
);

/** `images[*].command` is told in the row of `images`. */
function rowOf(field: string): string {
  return field.replace(/\[.*$/, "");
}

/** What the schema lets a field be; empty when it is not one of a few texts. */
function choicesOf(field: string): readonly string[] {
  const listed = /^must be one of (.*), but is/.exec(schema.get(field)?.message ?? "")?.[1];
  return listed?.split(", ") ?? [];
}

function codeIn(text: string): readonly string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? "");
}

test("every setting of the schema has a row, and every row is a setting", () => {
  assert.ok(schema.size > 15, "the schema was read");
  assert.deepEqual(
    [...settingRows.keys()].sort(),
    [...new Set([...schema.keys()].map(rowOf))].sort(),
  );
});

test("a row names every value that its setting may have, and every field below it", () => {
  for (const field of schema.keys()) {
    const told = codeIn(settingRows.get(rowOf(field))?.join(" ") ?? "");
    const below = /\]\.(\w+)/.exec(field)?.[1];
    const wanted = [...choicesOf(field), ...(below === undefined ? [] : [below])];
    assert.deepEqual(
      wanted.filter((name) => !told.includes(name)),
      [],
      field,
    );
  }
});

/** The default of a setting, by its path. */
function defaultOf(field: string): unknown {
  return field
    .split(".")
    .reduce<unknown>((value, name) => (value as Record<string, unknown>)[name], defaults);
}

test("a row gives the default that holds", () => {
  for (const [field, [, told = ""]] of settingRows) {
    const value = defaultOf(field);
    const isPlain = typeof value === "string" || typeof value === "number" || value === false;
    if (isPlain) assert.equal(told.replaceAll("`", ""), String(value), field);
    else assert.doesNotMatch(told, /^(\d+|`?(true|false)`?|)$/, `${field} has no such default`);
  }
});

test("every variable that the program names has a row, and every row is such a variable", () => {
  const named = globSync("src/**/*.ts", { cwd: root, exclude: (path) => path.endsWith(".test.ts") })
    .map((file) => readFileSync(join(root, file), "utf8"))
    .flatMap((text) => [...text.matchAll(/"((?:SEKISHO|XDG)_[A-Z_]+)"/g)])
    .map((match) => match[1] ?? "");
  assert.deepEqual([...rowsOf(page, "variable").keys()].sort(), [...new Set(named)].sort());
});

test("the flags of up are those that the page names, and allow what the schema allows", () => {
  const options = upCommand({} as never, { exitCode: 0 }).options.filter(
    (option) => !["json", "config"].includes(option.name()),
  );
  const told = /^Flags of `up` .*$/m.exec(page)?.[0] ?? "";
  assert.deepEqual(codeIn(told).slice(1).sort(), options.map((option) => option.name()).sort());
  for (const option of options) {
    assert.ok(schema.has(option.name()), option.name());
    assert.deepEqual(option.argChoices ?? [], choicesOf(option.name()), option.name());
  }
});

test("a setting that the schema does not know is refused", () => {
  const { problems } = readSettings({ nothing: 1 } as Json);
  assert.deepEqual(
    problems.map(({ path, problem }) => [path, problem]),
    [["nothing", "unknown"]],
  );
});
