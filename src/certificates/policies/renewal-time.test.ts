import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { seeded } from "#test/properties/seeded.ts";
import { renewalTime, type Suggestion } from "./renewal-time.ts";

const notBefore = Temporal.Instant.from("2026-01-01T00:00:00Z");
const day = 24;

type Spec = Parameters<typeof renewalTime>[1];

const moments: Readonly<Record<string, readonly [number, Spec, string, Suggestion?]>> = {
  "when two thirds are over, where nothing is said": [90 * day, {}, "2026-03-02T00:00:00Z"],
  "so long before the end as is said": [
    90 * day,
    { renewBefore: "360h0m0s" },
    "2026-03-17T00:00:00Z",
  ],
  "when so much of its life is left as is said": [
    90 * day,
    { renewBeforePercentage: 25 },
    "2026-03-09T12:00:00Z",
  ],
  "by the rule, where the certificate has no room for what is said": [
    160,
    { renewBefore: "720h" },
    "2026-01-05T10:40:00Z",
  ],
  "in the window that is open then": [
    90 * day,
    { renewal: { windows: [{ cron: "0 0 * * *", windowDuration: "1h" }] } },
    "2026-03-02T00:00:00Z",
  ],
  "when the next window opens, by the clock of its zone": [
    90 * day,
    {
      renewal: {
        windows: [{ cron: "30 9 * * sat", windowDuration: "1h", timezone: "Asia/Tokyo" }],
      },
    },
    "2026-03-07T00:30:00Z",
  ],
  "in the first of several windows": [
    90 * day,
    {
      renewal: {
        windows: [
          { cron: "0 0 1 4 *", windowDuration: "1h" },
          { cron: "0 12 * * *", windowDuration: "1h" },
        ],
      },
    },
    "2026-03-02T12:00:00Z",
  ],
  "at its turn of what the server suggests": [
    90 * day,
    { renewBefore: "24h" },
    "2026-02-02T00:00:00Z",
    {
      start: Temporal.Instant.from("2026-02-01T00:00:00Z"),
      end: Temporal.Instant.from("2026-02-03T00:00:00Z"),
      part: 0.5,
    },
  ],
  "by the rule, where the server suggests a time before the certificate": [
    90 * day,
    {},
    "2026-03-02T00:00:00Z",
    {
      start: Temporal.Instant.from("2025-02-01T00:00:00Z"),
      end: Temporal.Instant.from("2026-02-03T00:00:00Z"),
      part: 0.5,
    },
  ],
};

for (const [when, [hours, spec, expected, suggestion]] of Object.entries(moments)) {
  test(`a certificate is renewed ${when}`, () => {
    const { at } = renewalTime({ notBefore, notAfter: notBefore.add({ hours }) }, spec, suggestion);
    assert.equal(at?.toString(), expected);
  });
}

test("one that is never to be renewed has no time", () => {
  const dates = { notBefore, notAfter: notBefore.add({ hours: 24 }) };
  assert.deepEqual(renewalTime(dates, { renewal: { policy: "Disabled" } }), {});
});

const wrongWindows: Readonly<Record<string, readonly [object, RegExp]>> = {
  "four fields": [{ cron: "0 0 * *", windowDuration: "1h" }, /does not have five fields/],
  "an hour that there is not": [{ cron: "0 24 * * *", windowDuration: "1h" }, /cannot be read/],
  "no length": [{ cron: "0 0 * * *", windowDuration: "0s" }, /not how long/],
  "a zone that there is not": [
    { cron: "0 0 * * *", windowDuration: "1h", timezone: "Moon/Sea" },
    /no time zone/,
  ],
  "a day that never comes": [{ cron: "0 0 31 2 *", windowDuration: "1h" }, /no window ever opens/],
};

for (const [what, [window, problem]] of Object.entries(wrongWindows)) {
  test(`windows with ${what} are told, and it is renewed without regard to them`, () => {
    const dates = { notBefore, notAfter: notBefore.add({ hours: 90 * day }) };
    const spec = { renewal: { windows: [window as { cron: string; windowDuration: string }] } };
    const { at, windowProblem } = renewalTime(dates, spec);
    assert.equal(at?.toString(), "2026-03-02T00:00:00Z");
    assert.match(windowProblem ?? "", problem);
  });
}

test("the day on which clocks go forward has no window between two and three", () => {
  const dates = { notBefore, notAfter: Temporal.Instant.from("2026-06-27T00:30:00Z") };
  const window = { cron: "30 2 * * *", windowDuration: "10m", timezone: "Europe/Berlin" };
  const spec = { renewBefore: "2160h", renewal: { windows: [window] } };
  // 2026-03-29 02:30 is left out in Berlin.
  assert.equal(renewalTime(dates, spec).at?.toString(), "2026-03-30T00:30:00Z");
});

test("it is always within the life of the certificate, and in a window where it could be", (context) => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 9000 }),
      fc.option(fc.integer({ min: 1, max: 20_000 }), { nil: undefined }),
      (hours, minutes) => {
        const notAfter = notBefore.add({ hours });
        const spec = minutes === undefined ? {} : { renewBefore: `${minutes}m` };
        const { at } = renewalTime({ notBefore, notAfter }, spec);
        assert.ok(at !== undefined && Temporal.Instant.compare(at, notBefore) >= 0);
        assert.ok(Temporal.Instant.compare(at, notAfter) < 0);
      },
    ),
    seeded(context),
  );
});
