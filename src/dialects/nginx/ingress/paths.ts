/** The paths of one rule of an Ingress, as locations. */

import type { IngressPath } from "#kinds/ingress.ts";
import type { PlacedLocation } from "../features/routes/locations.ts";
import { formatLocation } from "../features/routes/path.ts";
import { refusesTwice } from "../report.ts";
import { createPlacing, locationOf } from "./locations.ts";
import { typeOf } from "./mergeable.ts";
import { type Reading, servicesIn } from "./reading.ts";
import { checkUpstreamTexts, serviceWishes } from "./upstream.ts";
import type { Told } from "./values.ts";

export interface RulePlace {
  /** `spec.rules[0]` */
  readonly at: string;
  /** Whether handshakes are made for the host. */
  readonly isTls: boolean;
  /** Whether something that is not done here keeps people out. */
  readonly isClosed: boolean;
  /** Whether the Ingress that has the host has a default backend. Default: as the one that is read. */
  readonly hasDefaultBackend?: boolean;
  /** Of the Ingress that has the host. Default: the one that is read. */
  readonly server?: Told;
  /** Paths (`formatLocation`) that others have. Default: none. */
  readonly taken?: ReadonlySet<string>;
}

/** With that of the default backend, which mergeable Ingresses have not. */
export function placePaths(
  { object, spec, told, report, world }: Reading,
  paths: readonly (IngressPath | undefined)[],
  { at, server = told, taken = new Set(), ...site }: RulePlace,
): readonly PlacedLocation[] {
  const wishes = serviceWishes(told, servicesIn(spec));
  checkUpstreamTexts(told);
  const { hasDefaultBackend = spec.defaultBackend !== undefined, isTls, isClosed } = site;
  const tellers = { location: told, server };
  const placing = createPlacing({ tellers, wishes, world, isTls, isClosed, hasDefaultBackend });
  const seen = new Set<string>();
  const placed = paths.flatMap((entry, index) => {
    const place = `${at}.http.paths[${index}]`;
    const location = entry && locationOf(entry, `${place}.path`, told);
    if (entry === undefined || location === undefined) return [];
    const identity = formatLocation(location);
    if (seen.has(identity)) refusesTwice(report, `${place}.path`, entry.path ?? "/");
    seen.add(identity);
    return taken.has(identity) ? [] : [placing.path(entry, location, place)];
  });
  const backend = spec.defaultBackend;
  if (backend === undefined || seen.has("/") || typeOf(object) !== undefined) return placed;
  return [...placed, placing.fallback(backend, "spec.defaultBackend")];
}

/** Which locations an Ingress has at the first of its rules. */
export function identitiesOf({ spec, told }: Reading): readonly (string | undefined)[] {
  return (spec.rules?.[0]?.http?.paths ?? []).map((entry) => {
    const location = entry && locationOf(entry, "", told);
    return location && formatLocation(location);
  });
}
