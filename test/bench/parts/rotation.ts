/** Certificates that are renewed while clients connect, in both layouts. */

import { createClock } from "#runtime/real-clock.ts";
import type { CertificateLayout } from "#test/soak/rotation/fleet.ts";
import { type Rotation, rotate } from "#test/soak/rotation/rotation.ts";
import { formatNumber } from "../measure/statistics.ts";
import { atMost, type Bar, type Figure } from "../report/report.ts";
import type { Part } from "./part.ts";

const layouts = ["chains", "on-demand"] as const;
const fewestPerSecond = 200;
const fewestHandshakes = 100_000;

interface Measured {
  readonly layout: CertificateLayout;
  readonly certificates: number;
  readonly handshakes: number;
  readonly seconds: number;
  readonly failed: number;
  readonly answers: number;
  readonly ended: number;
  readonly served: { readonly p50: number; readonly p99: number; readonly last: number };
}

export const rotationPart: Part = {
  name: "rotation",
  title: "Certificates that are renewed under new connections",
  run: async ({ plan, progress, failures }) => {
    const measured: Measured[] = [];
    for (const layout of layouts) {
      const { certificates, handshakes } = plan.rotation;
      progress(`${layout}: ${certificates} renewals under ${handshakes} handshakes`);
      const rotation = await rotate(createClock(), { layout, ...plan.rotation });
      measured.push(measuredOf(layout, certificates, rotation));
      failures.push(...[...rotation.steady.failed, ...rotation.kept.ended].slice(0, 10));
    }
    return {
      tables: [
        {
          title: "Renewals",
          columns: [
            ...["layout", "certificates", "handshakes", "a second", "failed"],
            ...["answers on kept connections", "ended", "served ms p50", "p99", "last"],
          ],
          rows: measured.map(rowOf),
        },
      ],
      bars: barsOf(measured),
      notes: [
        "Clients connect at a steady rate, each with a full handshake, and other connections stay and go on asking. Each certificate is renewed once as `cert renew` does it; served: from its way into the Secret until a handshake is shown it. Clients, Envoy and control plane share the processors; the program is started from its sources.",
      ],
      figures: measured.map((one): Figure => ({ ...one })),
    };
  },
};

function measuredOf(
  layout: CertificateLayout,
  certificates: number,
  { steady, kept, servedMs }: Rotation,
): Measured {
  const at = (part: number): number =>
    servedMs[Math.ceil(servedMs.length * part) - 1] ?? Number.NaN;
  return {
    ...{ layout, certificates },
    ...{ handshakes: steady.handshakes, seconds: steady.seconds, failed: steady.failed.length },
    ...{ answers: kept.answers, ended: kept.ended.length },
    served: { p50: at(0.5), p99: at(0.99), last: at(1) },
  };
}

function rowOf(one: Measured): readonly string[] {
  const { p50, p99, last } = one.served;
  const perSecond = one.handshakes / one.seconds;
  const shown = [one.certificates, one.handshakes, perSecond, one.failed, one.answers, one.ended];
  return [one.layout, ...[...shown, p50, p99, last].map(formatNumber)];
}

function barsOf(measured: readonly Measured[]): readonly Bar[] {
  const sum = (of: (one: Measured) => number): number =>
    measured.reduce((total, one) => total + of(one), 0);
  const slowest = Math.min(...measured.map(({ handshakes, seconds }) => handshakes / seconds));
  const p99 = Math.max(...measured.map(({ served }) => served.p99));
  return [
    atMost(
      "failed handshakes",
      sum(({ failed }) => failed),
      0,
      "",
    ),
    atMost(
      "connections that ended",
      sum(({ ended }) => ended),
      0,
      "",
    ),
    atMost("p99 from issued to served", p99, 1000, "ms"),
    atLeast("new connections a second", slowest, fewestPerSecond),
    atLeast(
      "handshakes in all",
      sum(({ handshakes }) => handshakes),
      fewestHandshakes,
    ),
  ];
}

function atLeast(what: string, measured: number, limit: number): Bar {
  const shown = { limit: `≥ ${formatNumber(limit)}`, measured: formatNumber(measured) };
  return { what, ...shown, isMet: measured >= limit };
}
