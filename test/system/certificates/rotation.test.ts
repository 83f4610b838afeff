/** A little of what `test/soak/rotation/` does at length. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { createClock } from "#runtime/real-clock.ts";
import { rotate } from "#test/soak/rotation/rotation.ts";

for (const layout of ["chains", "on-demand"] as const) {
  test(`${layout}: while certificates are renewed no handshake fails, no connection ends, and each new one is served`, async () => {
    const plan = { layout, certificates: 10, perSecond: 100, handshakes: 150 };
    const { steady, kept, servedMs } = await rotate(createClock(), plan);
    assert.deepEqual(steady.failed, []);
    assert.deepEqual(kept.ended, []);
    assert.equal(servedMs.length, plan.certificates);
    assert.ok(steady.handshakes >= plan.handshakes);
    assert.ok(kept.answers > 0);
  });
}
