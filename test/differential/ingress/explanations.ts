/**
 * Compares what `sekisho explain` says of a request, and what the access log says of it afterwards, with the judge's
 * answer, down to the line of the manifest.
 */

import { formatOrigin } from "#base/origin.ts";
import type { AccessRecord } from "#envoy/access-record.ts";
import type { World } from "#test/simulators/ingress/manifest.ts";
import { formatPlace, type Place } from "#test/simulators/ingress/place.ts";
import type { Answer } from "#test/simulators/ingress.ts";
import type { Explanation } from "../../../src/gate/explanation/explanation.ts";
import type { Gate } from "./gate.ts";
import { linesOf } from "./lines.ts";
import { addressesOf, type PodPool } from "./pool.ts";
import type { Shot } from "./requests.ts";
import type { Observed } from "./send.ts";

/** What was asked under which User-Agent, what the judge says to it, and what came back. */
export interface Answered {
  readonly userAgent: string;
  readonly shot: Shot;
  readonly expected: Answer;
  readonly observed: Observed;
}

type LineOf = (place: Place) => number;

/** The differences of all answers, a sentence each. */
export async function explanationDifferences(
  gate: Gate,
  { world, pool }: { readonly world: World; readonly pool: PodPool },
  answered: readonly Answered[],
): Promise<readonly string[]> {
  const lineOf = linesOf(world);
  const records = await gate.logged(answered.map(nameOf));
  const differences = answered.map(async (one) => {
    const explained = await explainedDifference(gate, one, { pool, lineOf });
    const logged = await loggedDifference(gate, one, records.get(nameOf(one)), lineOf);
    return [explained, logged].filter((difference) => difference !== undefined);
  });
  return (await Promise.all(differences)).flat();
}

/** A refused handshake has no User-Agent: the client's own port tells it from others. */
function nameOf({ userAgent, observed }: Answered): string {
  return observed.kind === "refused" ? `127.0.0.1:${observed.localPort}` : userAgent;
}

async function explainedDifference(
  gate: Gate,
  { shot, expected }: Answered,
  { pool, lineOf }: { readonly pool: PodPool; readonly lineOf: LineOf },
): Promise<string | undefined> {
  const { scheme, host, path, sni = "" } = shot;
  const explanation = await gate.explain({
    scheme,
    authority: host,
    path,
    ...(scheme === "https" && { serverName: sni }),
  });
  const said = sayExplanation(explanation);
  const wanted = `${kindOf(expected, pool)} by ${deciderOf(expected, lineOf)}`;
  return said === wanted
    ? undefined
    : `explain ${JSON.stringify(shot)}: wanted ${wanted}, got ${said}`;
}

function sayExplanation({ answer, steps }: Explanation): string {
  const decisive = answer === "refused" ? "certificate" : "route";
  const step = steps.find(({ step: name }) => name === decisive);
  return step?.origin === undefined
    ? `${answer} by nobody`
    : `${answer} by ${step.origin} in line ${step.place?.line}`;
}

async function loggedDifference(
  gate: Gate,
  { shot, expected }: Answered,
  record: AccessRecord | undefined,
  lineOf: LineOf,
): Promise<string | undefined> {
  const decision = record && (await gate.decidedBy(record));
  const said =
    decision === undefined
      ? "nobody"
      : `${formatOrigin(decision.origin)} in line ${decision.place?.line}`;
  const wanted = deciderOf(expected, lineOf);
  return said === wanted
    ? undefined
    : `the log of ${JSON.stringify(shot)}: wanted ${wanted}, got ${said}`;
}

function kindOf({ outcome }: Answer, pool: PodPool): string {
  if (outcome.kind === "status") return `${outcome.status}`;
  // Whether somebody listens at an address that a name leads to, only a request can tell.
  if (outcome.kind === "external" && addressesOf(pool, outcome.name).length === 0) return "503";
  return outcome.kind === "refused" ? outcome.kind : "forwarded";
}

function deciderOf({ place }: Answer, lineOf: LineOf): string {
  return place === undefined ? "nobody" : `${formatPlace(place)} in line ${lineOf(place)}`;
}
