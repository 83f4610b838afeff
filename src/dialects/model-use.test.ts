/** What dialects can say in the model, some case of theirs says: a field, or a kind of something, that no case has does not stay. */

import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { load } from "js-yaml";

const sources = path.join(import.meta.dirname, "../model");

/** The text of each type that `src/model/` declares, without comments, by its name. */
const declarations: ReadonlyMap<string, string> = new Map(
  globSync("*.ts", { cwd: sources })
    .filter((file) => !file.endsWith(".test.ts"))
    .flatMap((file) =>
      readFileSync(path.join(sources, file), "utf8")
        .replaceAll(/\/\*\*[\s\S]*?\*\/|\/\/.*/g, "")
        .split(/^(?=(?:export )?(?:interface|type|const|function|class) )/m)
        .flatMap((text) => {
          const name = /^(?:export )?(?:interface|type) (\w+)/.exec(text)?.[1];
          return name === undefined ? [] : [[name, text] as const];
        }),
    ),
);

/** Written as texts in the cases, or not at all. */
const notShown = new Set(["Host"]);

/** What a fragment is made of. */
function reachableFrom(name: string, seen = new Set<string>()): ReadonlySet<string> {
  const text = declarations.get(name);
  if (text === undefined || seen.has(name) || notShown.has(name)) return seen;
  seen.add(name);
  for (const [word] of text.matchAll(/\b[A-Z]\w+/g)) reachableFrom(word, seen);
  return seen;
}

/** `field` for each key, and `kind=value` for each kind, of a YAML value. */
function wordsIn(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(wordsIn);
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [
    key,
    ...(key === "kind" ? [`kind=${inner}`] : []),
    ...wordsIn(inner),
  ]);
}

test("each field and each kind of the model is used by a case", () => {
  const texts = [...reachableFrom("Fragment")].map((name) => declarations.get(name) ?? "");
  const fields = texts.flatMap((text) =>
    [...text.matchAll(/readonly (\w+)\??:/g)].map((match) => match[1] ?? ""),
  );
  const kinds = texts.flatMap((text) =>
    [...text.matchAll(/readonly kind: "([\w-]+)"/g)].map((match) => `kind=${match[1]}`),
  );
  assert.ok(fields.length > 150 && kinds.length > 40, "the model was read");
  const used = new Set(
    globSync("*/cases/*/model.yaml", { cwd: import.meta.dirname }).flatMap((file) =>
      wordsIn(load(readFileSync(path.join(import.meta.dirname, file), "utf8"))),
    ),
  );
  // The other half of a case is its findings.
  used.add("findings");
  const unused = [...new Set([...fields, ...kinds])].filter((word) => !used.has(word));
  assert.deepEqual(unused, []);
});
