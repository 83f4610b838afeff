/** Minions: what they bring to the host of their master, and what is told about them. */

import type { Ingress } from "#kinds/ingress.ts";
import type { Known } from "#kinds/kind.ts";
import { formatKey, keyOf } from "#kinds/object.ts";
import type { Fragment } from "#model/fragment.ts";
import type { PlacedLocation } from "../features/routes/locations.ts";
import { isRejected, type Report, refuses, requires, warns } from "../report.ts";
import { closingFindings } from "./annotations.ts";
import { countingAnnotations, inheritedAnnotations, masterOf, minionsOf } from "./mergeable.ts";
import { identitiesOf, placePaths, type RulePlace } from "./paths.ts";
import { isReadable, type Reading, readIngress, type Surroundings } from "./reading.ts";

const rule = "spec.rules[0]";

/** What the minions of a master bring; of two with one path the older one. */
export function pathsOfMinions(
  master: Reading,
  host: string,
  site: Pick<RulePlace, "isTls" | "isClosed">,
): readonly PlacedLocation[] {
  const handed = inheritedAnnotations(master.object);
  const taken = new Set<string>();
  return minionsOf(host, master.world, master.settings).flatMap((minion) => {
    const annotations = { ...handed, ...countingAnnotations(minion) };
    const reading = readIngress(minion, annotations, master);
    const paths = reading.spec.rules?.[0]?.http?.paths ?? [];
    const isClosed = site.isClosed || closingFindings(minion, master.world).length > 0;
    const hasDefaultBackend = master.spec.defaultBackend !== undefined;
    const others = { server: master.told, hasDefaultBackend, taken: new Set(taken) };
    const place = { at: rule, ...site, isClosed, ...others };
    checkMinion(reading.spec, reading.report);
    const locations = placePaths(reading, paths, place);
    if (isRejected(reading.report) || !isReadable(minion)) return [];
    for (const identity of identitiesOf(reading)) if (identity !== undefined) taken.add(identity);
    return locations;
  });
}

/** A minion serves nothing itself: what is wrong with it is told, and who serves it. */
export function judgeMinion(reading: Reading): Pick<Fragment, "servedBy"> {
  const { spec, report, world, settings } = reading;
  checkMinion(spec, report);
  const closing = closingFindings(reading.object, world);
  report.findings.push(...closing);
  const site = { at: rule, isTls: false, isClosed: closing.length > 0 };
  placePaths(reading, spec.rules?.[0]?.http?.paths ?? [], site);
  const host = spec.rules?.[0]?.host ?? "";
  const master = masterOf(host, world, settings);
  if (master === undefined || !isUsable(master, reading)) {
    reportOrphan(report);
    return {};
  }
  reportTaken(reading, host);
  return { servedBy: formatKey(keyOf(master.object)) };
}

/** Whether a master can have a host at all; what else may be wrong with it, its own status says. */
function isUsable(master: Known<Ingress>, surroundings: Surroundings): boolean {
  const { spec, report } = readIngress(master, {}, surroundings);
  checkMaster(spec, report);
  return isReadable(master) && !isRejected(report);
}

/** A minion has one rule, with paths, and leaves TLS to its master. */
function checkMinion({ tls = [], rules = [] }: NonNullable<Ingress["spec"]>, report: Report): void {
  if (tls.length > 0) refuses(report, "spec.tls", tls.length, "must have at most 0 items");
  const [first] = rules;
  if (rules.length !== 1) refuses(report, "spec.rules", rules.length, "must have at most 1 item");
  else if ((first?.http?.paths ?? []).length === 0)
    requires(report, `${rule}.http.paths`, "must include at least one path");
}

/** A master has one rule, without paths: they are its minions'. */
export function checkMaster({ rules = [] }: NonNullable<Ingress["spec"]>, report: Report): void {
  const paths = rules[0]?.http?.paths ?? [];
  if (rules.length !== 1) refuses(report, "spec.rules", rules.length, "must have at most 1 item");
  else if (paths.length > 0)
    refuses(report, `${rule}.http.paths`, paths.length, "must have at most 0 items");
}

function reportOrphan(report: Report): void {
  warns(report, "spec.rules", {
    reason: "NoIngressMasterFound",
    message: "Ingress master is invalid or doesn't exist",
    advice:
      "create an Ingress for its host with the annotation nginx.org/mergeable-ingress-type: master",
  });
}

/** Paths that an older minion of the host has. */
function reportTaken(reading: Reading, host: string): void {
  const { object, report, world, settings } = reading;
  const all = minionsOf(host, world, settings);
  const place = all.findIndex((one) => isSame(one, object));
  const theirs = new Set(
    all
      .slice(0, Math.max(place, 0))
      .filter(isReadable)
      .flatMap((one) => ownIdentities(one, reading)),
  );
  for (const [index, identity] of identitiesOf(reading).entries()) {
    if (identity === undefined || !theirs.has(identity)) continue;
    warns(report, `${rule}.http.paths[${index}]`, {
      reason: "PathTaken",
      message: `path ${identity} is taken by another resource`,
      advice: "change the path of one of the two minions, or remove one",
    });
  }
}

function isSame(one: Known<Ingress>, other: Known<Ingress>): boolean {
  return formatKey(keyOf(one.object)) === formatKey(keyOf(other.object));
}

function ownIdentities(
  minion: Known<Ingress>,
  surroundings: Surroundings,
): readonly (string | undefined)[] {
  const reading = readIngress(minion, countingAnnotations(minion), surroundings);
  checkMinion(reading.spec, reading.report);
  return isRejected(reading.report) ? [] : identitiesOf(reading);
}
