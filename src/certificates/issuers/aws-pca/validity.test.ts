import assert from "node:assert/strict";
import { test } from "node:test";
import { type ValidityLimits, validityOf } from "./validity.ts";

const now = Temporal.Instant.from("2026-01-01T00:00:00Z");
const unlimited: ValidityLimits = { notAfter: undefined, isShortLived: false };

function end(hours: number | undefined, limits: Partial<ValidityLimits> = {}): string {
  const duration = hours === undefined ? undefined : Temporal.Duration.from({ hours });
  const { notAfter, cut } = validityOf(now, duration, { ...unlimited, ...limits });
  return `${notAfter.toString()}${cut === undefined ? "" : ` ${cut}`}`;
}

test("a certificate is asked for until its duration is over, counted from now", () => {
  assert.equal(end(2160), "2026-04-01T00:00:00Z");
});

test("a request that does not say for how long is for 30 days", () => {
  assert.equal(end(undefined), "2026-01-31T00:00:00Z");
});

test("no certificate is asked for beyond its authority's end, and that is said", () => {
  const notAfter = Temporal.Instant.from("2026-02-01T00:00:00Z");
  assert.equal(
    end(2160, { notAfter }),
    "2026-02-01T00:00:00Z the authority's own certificate ends then",
  );
  assert.equal(end(24, { notAfter }), "2026-01-02T00:00:00Z");
});

test("an authority for short-lived certificates is asked for seven days at most", () => {
  assert.equal(
    end(2160, { isShortLived: true }),
    "2026-01-08T00:00:00Z the authority makes certificates of at most seven days",
  );
});

test("of several limits the nearest counts", () => {
  const notAfter = Temporal.Instant.from("2026-01-03T00:00:00Z");
  assert.match(end(2160, { notAfter, isShortLived: true }), /^2026-01-03.* own certificate/);
});
