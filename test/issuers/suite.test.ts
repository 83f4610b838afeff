/** What of cert-manager's conformance suite is played is what {@link suite} says, and what is not has its reason. */

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { kinds } from "#kinds/all.ts";
import { changes } from "./conformance-changes.ts";
import { rows } from "./conformance-rows.ts";
import { suite } from "./suite.ts";

const places = Object.values(suite);

test("every row and every change that is played is one of the suite, and the other way round", () => {
  const played = [...Object.keys(rows), ...Object.keys(changes)];
  const named = new Set(places.filter((place) => typeof place === "string"));
  assert.deepEqual([...named].sort(), played.sort());
});

test("a row that has a test of its own has it where it says", () => {
  const files = places.flatMap((place) =>
    typeof place === "object" && "file" in place ? [place.file] : [],
  );
  assert.ok(files.length > 0);
  for (const file of files) assert.ok(existsSync(join(import.meta.dirname, "../..", file)), file);
});

test("what nobody plays for want of a kind is played once that kind is known", () => {
  const known = new Set<string>(kinds.map(({ kind }) => kind));
  for (const [row, place] of Object.entries(suite)) {
    if (typeof place !== "object" || !("why" in place)) continue;
    assert.ok(place.why.length > 20, row);
    assert.ok(place.until === undefined || !known.has(place.until), `${row}: ${place.why}`);
  }
});
