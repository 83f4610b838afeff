/** Which solver of an issuer proves a name: {@link chooseSolver}, by the rules of cert-manager. */

import { compareInTurn } from "#base/compare.ts";
import type { AcmeSolver, SolverSelector } from "#kinds/cert-manager/acme-solver.ts";

/** What is to be proved, and how the CA would accept it. */
export interface NameToProve {
  /** With `*.` before it when it is a wildcard. */
  readonly name: string;
  /** The types of challenges that the CA offers: `http-01`, `dns-01`. */
  readonly offered: readonly string[];
  /** Labels of the Certificate. */
  readonly labels: Readonly<Record<string, string>>;
}

/** The type of challenge that a solver answers. */
export type SolverType = "http-01" | "dns-01";

export interface ChosenSolver {
  /** Its place in the list of solvers. */
  readonly index: number;
  readonly solver: AcmeSolver;
  readonly type: SolverType;
}

interface Candidate extends ChosenSolver {
  readonly names: number;
  readonly zones: number;
  readonly labels: number;
}

/**
 * Of the solvers that match: the one that names the name, then the one with the longest zone, then the one with more
 * labels, then the earlier one. Undefined when none matches, or the CA offers nothing that one of them does.
 */
export function chooseSolver(
  solvers: readonly AcmeSolver[],
  wanted: NameToProve,
): ChosenSolver | undefined {
  return solvers
    .flatMap((solver, index) => {
      const type: SolverType = solver.dns01 === undefined ? "http-01" : "dns-01";
      if (!wanted.offered.includes(type)) return [];
      if (type === "http-01" && wanted.name.startsWith("*.")) return [];
      const match = matchOf(solver.selector ?? {}, wanted);
      return match === undefined ? [] : [{ index, solver, type, ...match }];
    })
    .toSorted(bestFirst)
    .map(({ index, solver, type }) => ({ index, solver, type }))[0];
}

const bestFirst = compareInTurn<Candidate>(
  (a, b) => b.names - a.names,
  (a, b) => b.zones - a.zones,
  (a, b) => b.labels - a.labels,
  (a, b) => a.index - b.index,
);

/** How well each part of a selector matches, 0 where it says nothing; undefined when one does not match. */
function matchOf(
  { dnsNames = [], dnsZones = [], matchLabels = {} }: SolverSelector,
  { name, labels }: NameToProve,
): Pick<Candidate, "names" | "zones" | "labels"> | undefined {
  const isNamed = dnsNames.includes(name);
  if (dnsNames.length > 0 && !isNamed) return undefined;
  const zones = dnsZones.filter((zone) => isWithin(name, zone)).map(countLabels);
  if (dnsZones.length > 0 && zones.length === 0) return undefined;
  const wantedLabels = Object.entries(matchLabels);
  if (!wantedLabels.every(([label, value]) => labels[label] === value)) return undefined;
  return { names: isNamed ? 1 : 0, zones: Math.max(0, ...zones), labels: wantedLabels.length };
}

function isWithin(name: string, zone: string): boolean {
  const [inner, outer] = [plain(name), plain(zone)];
  return outer !== "" && (inner === outer || inner.endsWith(`.${outer}`));
}

function countLabels(zone: string): number {
  return plain(zone).split(".").length;
}

function plain(name: string): string {
  return name.toLowerCase().replace(/\.$/, "");
}
