/** Compares what `sekisho explain` says of a request with the judge's answer, down to the line of the manifest. */

import type { World } from "#test/simulators/ingress/manifest.ts";
import { formatPlace, type Place } from "#test/simulators/ingress/place.ts";
import { hostOfHeader } from "#test/simulators/ingress/rules.ts";
import type { Answer } from "#test/simulators/ingress.ts";
import type { Explanation } from "../../../src/gate/explanation.ts";
import type { Gate } from "./gate.ts";
import { linesOf } from "./lines.ts";
import type { Asked } from "./requests.ts";

/** The differences, a sentence each. */
export async function explanationDifferences(
  gate: Gate,
  world: World,
  asked: readonly Asked[],
): Promise<readonly string[]> {
  const lineOf = linesOf(world);
  const differences = asked.map(async ({ shot, expected }) => {
    const url = urlOf(shot);
    if (url === undefined) return [];
    const explanation = await gate.explain(url);
    const said = sayExplanation(explanation);
    const wanted = sayAnswer(expected, lineOf);
    return said === wanted ? [] : [`explain ${url}: wanted ${wanted}, got ${said}`];
  });
  return (await Promise.all(differences)).flat();
}

/** A URL stands for a client that sends the name it asks for in the handshake, and for what a URL can say. */
function urlOf(shot: Asked["shot"]): URL | undefined {
  const host = hostOfHeader(shot.host);
  if (host === "" || (shot.scheme === "https" && shot.sni !== host)) return undefined;
  return URL.parse(`${shot.scheme}://${shot.host}${shot.path}`) ?? undefined;
}

function sayExplanation({ answer, steps }: Explanation): string {
  const step = steps.find(
    ({ step: name }) => name === (answer === "refused" ? "certificate" : "route"),
  );
  return step?.origin === undefined
    ? `${answer} by nobody`
    : `${answer} by ${step.origin} in line ${step.place?.line}`;
}

function sayAnswer({ outcome, place }: Answer, lineOf: (place: Place) => number): string {
  const answer =
    outcome.kind === "status"
      ? `${outcome.status}`
      : outcome.kind === "backend" || outcome.kind === "external"
        ? "forwarded"
        : outcome.kind;
  return place === undefined
    ? `${answer} by nobody`
    : `${answer} by ${formatPlace(place)} in line ${lineOf(place)}`;
}
