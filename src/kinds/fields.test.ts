import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import type { Problem } from "#base/schema.ts";
import { everyField } from "#test/documents/every-field.ts";
import { kinds } from "./all.ts";
import { eventKind } from "./event.ts";
import type { Kind } from "./kind.ts";

const source = path.join(import.meta.dirname, "..");

const texts = globSync("**/*.ts", { cwd: source })
  .filter((file) => !/\.test\.ts$|^store\/contract\.ts$/.test(file))
  .map((file) => ({
    folder: path.dirname(file),
    text: readFileSync(path.join(source, file), "utf8"),
  }));

/**
 * Who reads objects: every file that imports a kind, and what a kind's own file does beside its parser; in an ACME order's
 * folder also those that are handed what a neighbour has parsed.
 */
const readers = texts
  .filter(
    ({ folder, text }) =>
      text.includes('"#kinds/') ||
      text.includes('"./kind.ts"') ||
      folder === "certificates/acme/orders",
  )
  .map(({ text }) => text);

/** The fields that a parser reads, by the complaints it has about each. */
function fieldsOf(kind: Kind<unknown>): readonly string[] {
  const problems: Problem[] = [];
  kind.parse(everyField(), { path: "", problems });
  return problems.filter(({ problem }) => problem !== "unknown").map((problem) => problem.path);
}

/** Named as a property, or taken out of a record; the line that declares it to the parser does not count. */
function isRead(field: string): boolean {
  const name = /([\w-]+)(\[\*\])*$/.exec(field)?.[1] ?? "";
  const use = new RegExp(
    `[?.]\\.?${name}\\b|[{,]\\s*${name}\\s*[,}=]|[{,]\\s*${name}: \\w+ = |"${name}"`,
  );
  return readers.some((text) => use.test(text));
}

for (const kind of kinds.filter(({ id }) => id !== eventKind.id)) {
  test(`every field of a ${kind.kind} is read by somebody, or says that it has no effect`, () => {
    const idle = kind.withoutEffect.map((field) => field.path);
    const silent = fieldsOf(kind).filter(
      (field) =>
        !idle.some((place) => field === place || field.startsWith(`${place}.`)) && !isRead(field),
    );
    assert.deepEqual(silent, []);
  });
}
