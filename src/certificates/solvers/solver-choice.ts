/** Which solver of an issuer proves a name: {@link chooseSolver}, by the rules of cert-manager. */

import { compareInTurn } from "#base/compare.ts";
import type { AcmeSolver, SolverSelector } from "#kinds/cert-manager/acme-solver.ts";
import type { KubeObject } from "#kinds/object.ts";

/** What is to be proved, and how the CA would accept it. */
export interface NameToProve {
  /** With `*.` before it when it is a wildcard. */
  readonly name: string;
  /** The types of challenges that the CA offers: `http-01`, `dns-01`. */
  readonly offered: readonly string[];
  /** Whether solvers over the proxies answer in handshakes, where that is offered: see {@link prefersHandshakes}. Default false. */
  readonly inHandshakes?: boolean;
  /** Labels of the Certificate. */
  readonly labels: Readonly<Record<string, string>>;
}

/** The type of challenge that a solver answers. */
export type SolverType = "http-01" | "tls-alpn-01" | "dns-01";

/** An issuer with this annotation, as `"true"`, has `http01` solvers answer by TLS-ALPN-01: at port 443 in place of port 80. */
const handshakesAnnotation = "sekisho.dev/tls-alpn-01";

/** Whether an issuer has `http01` solvers answer in handshakes. */
export function prefersHandshakes({ metadata }: KubeObject): boolean {
  return metadata.annotations[handshakesAnnotation] === "true";
}

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
      const type = solver.dns01 === undefined ? typeOverProxies(wanted) : "dns-01";
      if (!wanted.offered.includes(type)) return [];
      if (type !== "dns-01" && wanted.name.startsWith("*.")) return [];
      const match = matchOf(solver.selector ?? {}, wanted);
      return match === undefined ? [] : [{ index, solver, type, ...match }];
    })
    .toSorted(bestFirst)
    .map(({ index, solver, type }) => ({ index, solver, type }))[0];
}

/** The server name of an address is another one than its own (RFC 8738 §6): these are shown over HTTP. */
function typeOverProxies({ name, offered, inHandshakes = false }: NameToProve): SolverType {
  const isOffered = inHandshakes && offered.includes("tls-alpn-01");
  return isOffered && !isAddress(name) ? "tls-alpn-01" : "http-01";
}

function isAddress(name: string): boolean {
  return /^[\d.]+$|:/.test(name);
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
