/** Which Challenges have their turn: not too many at once, and of one name and type one after another. */

import { compareInTurn, compareText } from "#base/compare.ts";
import { isFinalState } from "#kinds/cert-manager/acme-state.ts";
import { challengeKind, readChallengeStatus } from "#kinds/cert-manager/challenge.ts";
import { read } from "#kinds/kind.ts";
import { formatKey, type KubeObject, keyOf } from "#kinds/object.ts";

/** Challenges that are worked on at once. */
const maxInFlight = 60;

/** How many may begin within a second. */
const maxStarts = 20;
const startsWithinMs = 1000;

/** The oldest first; those that came in one second by name. */
const oldestFirst = compareInTurn<KubeObject>(
  (a, b) => compareText(a.metadata.creationTimestamp, b.metadata.creationTimestamp),
  (a, b) => compareText(formatKey(keyOf(a)), formatKey(keyOf(b))),
);

export class ChallengeSchedule {
  #startsMs: readonly number[] = [];

  /** Whether a Challenge that waits may begin now, among all there are; when it may, that counts as begun. */
  mayStart(challenge: KubeObject, all: readonly KubeObject[], nowMs: number): boolean {
    this.#startsMs = this.#startsMs.filter((started) => nowMs - started < startsWithinMs);
    const live = all.filter((one) => !isFinalState(readChallengeStatus(one).state));
    const begun = live.filter((one) => readChallengeStatus(one).processing === true);
    const free = Math.min(maxInFlight - begun.length, maxStarts - this.#startsMs.length);
    const busy = new Set(begun.map(subjectOf));
    const next: string[] = [];
    for (const one of live.filter((each) => !begun.includes(each)).sort(oldestFirst)) {
      if (next.length >= free) break;
      if (busy.has(subjectOf(one))) continue;
      busy.add(subjectOf(one));
      next.push(formatKey(keyOf(one)));
    }
    const may = next.includes(formatKey(keyOf(challenge)));
    if (may) this.#startsMs = [...this.#startsMs, nowMs];
    return may;
  }
}

/** Whichever solver answers: two records of one name, or two answers, would get into each other's way. */
function subjectOf(challenge: KubeObject): string {
  const { dnsName = "", type = "" } = read(challengeKind, challenge).value?.spec ?? {};
  return `${type} ${dnsName}`;
}
