import assert from "node:assert/strict";
import { test } from "node:test";
import { formatAge } from "./age.ts";

const now = Temporal.Instant.from("2025-01-01T00:00:00Z");
const ages: Readonly<Record<string, number>> = {
  "0s": 0,
  "119s": 119,
  "2m": 120,
  "3m20s": 200,
  "10m": 605,
  "179m": 179 * 60,
  "3h": 180 * 60,
  "5h12m": (5 * 60 + 12) * 60,
  "47h": 47 * 3600,
  "2d": 48 * 3600,
  "3d4h": 76 * 3600,
  "47d": 47 * 86400,
  "2y10d": (2 * 365 + 10) * 86400,
};

for (const [text, seconds] of Object.entries(ages)) {
  test(`${seconds} seconds ago is printed as ${text}`, () => {
    assert.equal(formatAge(now.subtract({ seconds }).toString(), now), text);
  });
}

test("a time that is yet to come has no age", () => {
  assert.equal(formatAge(now.add({ seconds: 60 }).toString(), now), "<invalid>");
});
