/** Ports of their own: what objects want of each, and who has it when two want the same. */

import type { Finding } from "#base/finding.ts";
import { formatOrigin, type Origin } from "#base/origin.ts";
import type { Graph } from "#base/tracked/graph.ts";
import { IndexByKey, type KeyListener } from "#base/tracked/index-by-key.ts";
import { Memo } from "#base/tracked/memo.ts";
import { compareSeniority, type Fragment, type Seniority, type StreamRule } from "./fragment.ts";
import { formatHost } from "./host.ts";
import { formatOwnPort, type OwnPort } from "./own-port.ts";

interface Claim {
  readonly seniority: Seniority;
  readonly port: OwnPort;
  readonly origin: Origin;
  /** Who takes connections or datagrams; absent: `host` takes requests there. */
  readonly rule?: StreamRule;
  readonly host?: string;
}

/** A port that is opened, with who takes what comes there. */
export interface ServedPort {
  readonly port: OwnPort;
  /** Who wants it. */
  readonly origins: readonly Origin[];
  /** One for each server name, and one at most for what is left, the oldest first. */
  readonly rules: readonly StreamRule[];
  /** Hosts (`formatHost`) that an object wants to take requests there; not all of them need be that object's. */
  readonly hosts: readonly string[];
  readonly findings: readonly Finding[];
}

export class PortClaims {
  readonly #claims: IndexByKey<Claim>;
  readonly #served: Memo<ServedPort | undefined>;

  /** `ports`: told of ports (`formatOwnPort`) that somebody wants, or nobody any more. Default: nobody is told. */
  constructor(graph: Graph, ports?: KeyListener) {
    this.#claims = new IndexByKey(graph, ports);
    this.#served = new Memo(graph, (port) => mergePort([...this.#claims.get(port).values()]), {
      onBug: () => undefined,
    });
  }

  /** Takes what an object wants of ports now, in place of what it wanted before. */
  replace(key: string, before: Fragment | undefined, now: Fragment | undefined): void {
    const kept = new Set<string>();
    for (const claim of claimsOf(now)) {
      const [port, member] = placeOf(key, claim);
      kept.add(`${port} ${member}`);
      this.#claims.set(port, member, claim);
    }
    for (const claim of claimsOf(before)) {
      const [port, member] = placeOf(key, claim);
      if (!kept.has(`${port} ${member}`)) this.#claims.delete(port, member);
    }
  }

  /** Tracked. What is served at a port; undefined when nobody wants it. */
  served(port: string): ServedPort | undefined {
    return this.#served.get(port);
  }

  /** Ports that somebody wants now, sorted. */
  ports(): readonly string[] {
    return [...this.#claims.keys()].sort();
  }
}

function claimsOf(fragment: Fragment | undefined): readonly Claim[] {
  if (fragment === undefined) return [];
  const { seniority, streams = [], rules } = fragment;
  return [
    ...streams.map((rule) => ({ seniority, port: rule.port, origin: rule.origin, rule })),
    ...rules.flatMap(({ host, ports = [], origin }) =>
      ports.map((port) => ({ seniority, port, origin, host: formatHost(host) })),
    ),
  ];
}

function placeOf(key: string, { port, origin, host = "" }: Claim): readonly [string, string] {
  return [formatOwnPort(port), `${key} ${host} ${origin.path}`];
}

/** Of those who want one server name of a port, or all that is left there, the oldest has it. */
function mergePort(claims: readonly Claim[]): ServedPort | undefined {
  const sorted = claims.toSorted((a, b) => compareSeniority(a.seniority, b.seniority));
  const [oldest] = sorted;
  if (oldest === undefined) return undefined;
  const winners = new Map<string, StreamRule>();
  const findings: Finding[] = [];
  for (const { rule } of sorted) {
    if (rule === undefined) continue;
    const name = rule.serverName === undefined ? "" : formatHost(rule.serverName);
    const winner = winners.get(name);
    if (winner === undefined) winners.set(name, rule);
    else findings.push(taken(rule, winner));
  }
  return {
    port: oldest.port,
    origins: sorted.map(({ origin }) => origin),
    rules: [...winners.values()],
    hosts: [...new Set(sorted.flatMap(({ host }) => host ?? []))],
    findings,
  };
}

function taken({ port, serverName, origin }: StreamRule, winner: StreamRule): Finding {
  const host =
    serverName === undefined ? "empty host" : formatHost(serverName).replace("**.", "*.");
  return {
    severity: "warning",
    reason: "ListenerTaken",
    origin,
    message: `Listener ${port.name} with host ${host} is taken by another resource: ${formatOrigin({ ...winner.origin, path: "" })}, which is older`,
    advice: "use another listener or host, or remove one; this object has it then without more ado",
  };
}
