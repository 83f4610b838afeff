/**
 * Certificates are renewed under new connections, in both layouts: no handshake fails, no connection ends, and what is issued
 * is served within a second.
 *
 * SEKISHO_SOAK_CERTIFICATES sets how many there are (default 1000), SEKISHO_SOAK_HANDSHAKES how many handshakes each layout
 * takes (default 50,000, at 400 a second).
 */

import assert from "node:assert/strict";
import { loadavg } from "node:os";
import { type TestContext, test } from "node:test";
import { createClock } from "#runtime/real-clock.ts";
import { rotate } from "./rotation.ts";

const certificates = Number(process.env["SEKISHO_SOAK_CERTIFICATES"] ?? 1000);
const handshakes = Number(process.env["SEKISHO_SOAK_HANDSHAKES"] ?? 50_000);
const perSecond = 400;

for (const layout of ["chains", "on-demand"] as const) {
  test(`${layout}: ${certificates} certificates are renewed under ${handshakes} handshakes`, async (t: TestContext) => {
    const { steady, kept, servedMs } = await rotate(createClock(), {
      ...{ layout, certificates, perSecond, handshakes },
    });
    const p99 = servedMs[Math.ceil(servedMs.length * 0.99) - 1] ?? Number.NaN;
    const p50 = servedMs[Math.ceil(servedMs.length * 0.5) - 1] ?? Number.NaN;
    t.diagnostic(
      `${steady.handshakes} handshakes at ${perSecond} a second, ${steady.failed.length} failed; ${kept.answers} answers on kept connections, ${kept.ended.length} ended; served after ${Math.round(p50)} ms (p50), ${Math.round(p99)} ms (p99), ${Math.round(servedMs.at(-1) ?? 0)} ms (last); load ${loadavg()[0]}`,
    );
    assert.deepEqual(steady.failed, []);
    assert.deepEqual(kept.ended, []);
    assert.equal(servedMs.length, certificates);
    assert.ok(p99 < 1000, `p99 is ${p99} ms`);
  });
}
