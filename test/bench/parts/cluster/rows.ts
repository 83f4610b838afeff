/** What was measured in a cluster → rows of tables, bars, and figures. */

import type { Json } from "#base/json.ts";
import type { ApiUse } from "../../measure/api-use.ts";
import { formatNumber, latencyOf } from "../../measure/statistics.ts";
import { atMost, type Bar, type Figure, type Table } from "../../report/report.ts";
import type { ChangeKind } from "../../world/world.ts";
import type { ShareResult, SizeResult } from "./size.ts";

const isOurs = ({ subject }: { readonly subject: string }): boolean => subject === "Sekisho";

export function createdTable(shares: readonly ShareResult[]): Table {
  return {
    title: "Ingresses are created",
    columns: [
      "subject",
      "Ingresses",
      "written s",
      "all served s",
      "behind the last write ms",
      "not yet served with the last",
      "all statuses written s",
      "proxy CPU s",
      "control CPU s",
    ],
    rows: shares.map(({ subject, hosts, creation, creationCosts, toldMs }) => [
      subject,
      formatNumber(hosts),
      seconds(creation.writtenMs),
      seconds(creation.servedMs),
      formatNumber(creation.behindMs),
      formatNumber(creation.late),
      seconds(toldMs),
      seconds(creationCosts.proxyMs),
      seconds(creationCosts.controlMs),
    ]),
  };
}

export function apiTable(shares: readonly ShareResult[]): Table {
  return {
    title: "What is asked of the API server",
    columns: [
      "subject",
      "Ingresses",
      "status writes each",
      "created: Events / other writes / reads",
      "changes: status writes / Events / other writes / reads",
      "quiet: status writes / Events / other writes / reads",
      "refused",
    ],
    rows: shares.map((share) => [
      share.subject,
      formatNumber(share.hosts),
      formatNumber(statusesEach(share)),
      `${share.creationUse.events} / ${share.creationUse.otherWrites} / ${share.creationUse.reads}`,
      useCell(share.changeUse),
      useCell(share.quietUse),
      `${usesOf(share).reduce((sum, { refused }) => sum + refused, 0)}`,
    ]),
  };
}

export function costTable(shares: readonly ShareResult[]): Table {
  return {
    title: "Memory, and processor time in quiet",
    columns: [
      "subject",
      "Ingresses",
      "control RSS MiB",
      "control peak MiB",
      "proxy RSS MiB",
      "proxy peak MiB",
      "quiet: control CPU ms",
      "quiet: proxy CPU ms",
    ],
    rows: shares.map(({ subject, hosts, memory: { control, proxy }, quietCosts }) => [
      subject,
      formatNumber(hosts),
      mebibytes(control?.residentKb),
      mebibytes(control?.peakKb),
      mebibytes(proxy.residentKb),
      mebibytes(proxy.peakKb),
      formatNumber(quietCosts.controlMs ?? Number.NaN),
      formatNumber(quietCosts.proxyMs),
    ]),
  };
}

export function loadTable(shares: readonly ShareResult[]): Table {
  return {
    title: "The constant load",
    columns: ["subject", "Ingresses", "requests", "wrong", "connections ended"],
    rows: shares.map(({ subject, hosts, load }) => [
      subject,
      formatNumber(hosts),
      formatNumber(load.requests),
      `${load.wrong}`,
      `${load.connectionsEnded}`,
    ]),
  };
}

/** The limits that the project has set itself, at every size. */
export function barsOf(sizes: readonly SizeResult[]): readonly Bar[] {
  const shares = sizes.flatMap((size) => size.shares.filter(isOurs));
  const wrong = shares.reduce((sum, { load }) => sum + load.wrong, 0);
  return [
    ...shares.flatMap((share): readonly Bar[] => {
      const there = `at ${share.hosts.toLocaleString("en-US")} Ingresses`;
      const control = (share.memory.control?.residentKb ?? Number.NaN) / 1024;
      return [
        atMost(`one Ingress changed ${there}: p50 seen`, p50(sizes, share, "route"), 30, "ms"),
        atMost(`endpoint moved ${there}: p50 seen`, p50(sizes, share, "endpoint"), 20, "ms"),
        atMost(`status writes for each Ingress ${there}`, statusesEach(share), 1.1, ""),
        atMost(`control plane ${there}`, control, 300, "MiB"),
      ];
    }),
    atMost("errors of the constant load", wrong, 0, ""),
  ];
}

export function shareFigure(share: ShareResult): Figure {
  const { subject, hosts, creation, creationCosts, toldMs, quietCosts, memory, load } = share;
  return {
    subject,
    hosts,
    creation: { ...creation },
    creationCosts: known({ ...creationCosts }),
    ...(toldMs === undefined ? {} : { toldMs }),
    creationUse: { ...share.creationUse },
    changeUse: { ...share.changeUse },
    quietUse: { ...share.quietUse },
    quietCosts: known({ ...quietCosts }),
    proxy: { ...memory.proxy },
    ...(memory.control === undefined ? {} : { control: { ...memory.control } }),
    load: { ...load },
  };
}

/** Over all that was done, quiet included. */
function statusesEach(share: ShareResult): number {
  return usesOf(share).reduce((sum, { statuses }) => sum + statuses, 0) / share.hosts;
}

function usesOf({ creationUse, changeUse, quietUse }: ShareResult): readonly ApiUse[] {
  return [creationUse, changeUse, quietUse];
}

function p50(sizes: readonly SizeResult[], share: ShareResult, kind: ChangeKind): number {
  const rows = sizes
    .flatMap(({ changes }) => changes)
    .filter((row) => row.kind === kind && row.shape.hosts === share.hosts && isOurs(row));
  return latencyOf(rows.flatMap(({ runs }) => runs.flatMap(({ seenMs }) => seenMs))).p50;
}

function useCell({ statuses, events, otherWrites, reads }: ApiUse): string {
  return `${statuses} / ${events} / ${otherWrites} / ${reads}`;
}

function known(costs: Readonly<Record<string, number | undefined>>): Json {
  const entries = Object.entries(costs).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  return Object.fromEntries(entries);
}

function seconds(milliseconds: number | undefined): string {
  return formatNumber((milliseconds ?? Number.NaN) / 1000);
}

function mebibytes(kibibytes: number | undefined): string {
  return formatNumber((kibibytes ?? Number.NaN) / 1024);
}
