/**
 * So many issuances a day for one Certificate: whatever makes it be issued again and again does not cost more. Each
 * request says when those before it were made, so that a restart does not begin anew.
 */

import type { KubeObject } from "#kinds/object.ts";
import { earlierIssuancesAnnotation } from "../annotations.ts";
import { instantOf } from "../certificate-status.ts";
import type { CertificateEvent } from "./certificate-events.ts";
import type { Seen } from "./controller.ts";
import { revisionOf } from "./revision.ts";
import type { World } from "./world.ts";

type Looked = Pick<Seen, "object" | "now">;

/** More a day are nobody's wish. */
const issuancesPerDay = 50;

const dayMs = 24 * 3_600_000;

export class IssuanceBudget {
  readonly #world: Pick<World, "requestsOf">;
  /** uid of a Certificate → when its requests were made, within the last day. */
  readonly #spent = new Map<string, readonly number[]>();

  constructor(world: Pick<World, "requestsOf">) {
    this.#world = world;
  }

  /** Undefined when a request may be made now. */
  freeAt(seen: Looked): Temporal.Instant | undefined {
    const oldest = this.#recent(seen).at(-issuancesPerDay);
    return oldest === undefined
      ? undefined
      : Temporal.Instant.fromEpochMilliseconds(oldest + dayMs);
  }

  /** What the next request is to say of those before it; nothing where there were none. */
  annotations(seen: Looked): Readonly<Record<string, string>> {
    const moments = this.#recent(seen).map((ms) => Temporal.Instant.fromEpochMilliseconds(ms));
    if (moments.length === 0) return {};
    return { [earlierIssuancesAnnotation]: moments.map((one) => one.toString()).join(",") };
  }

  /** A request was made. */
  spend(seen: Looked): void {
    const { uid } = seen.object.metadata;
    this.#spent.set(uid, [...this.#recent(seen), seen.now.epochMilliseconds]);
  }

  /** The Certificate is gone. */
  forget(uid: string): void {
    this.#spent.delete(uid);
  }

  /** Oldest first; read from the requests before anything is changed of them. */
  #recent({ object, now }: Looked): readonly number[] {
    const { uid } = object.metadata;
    const nowMs = now.epochMilliseconds;
    const spent = this.#spent.get(uid) ?? toldBy(this.#world.requestsOf(object), nowMs);
    // What lies ahead was counted before a clock was set back.
    const recent = spent.filter((at) => at > nowMs - dayMs && at <= nowMs);
    this.#spent.set(uid, recent);
    return recent;
  }
}

/** Said when the budget is spent: somebody has to find out who does that. */
export function tooOften(freeAt: Temporal.Instant): CertificateEvent {
  const until = freeAt.toString({ smallestUnit: "second" });
  const message = `It was requested ${issuancesPerDay} times within a day: something has it issued again and again, such as a Secret or a request that is removed or written by somebody else; the next time is ${until}`;
  return { type: "Warning", reason: "IssuedTooOften", message };
}

/** Of requests the newest knows of those before it; when it was made itself, whoever keeps the objects says. */
function toldBy(requests: readonly KubeObject[], nowMs: number): readonly number[] {
  const [newest] = [...requests].sort((a, b) => (revisionOf(b) ?? 0) - (revisionOf(a) ?? 0));
  if (newest === undefined) return [];
  const { annotations, creationTimestamp } = newest.metadata;
  const earlier = (annotations[earlierIssuancesAnnotation] ?? "").split(",");
  // Clocks differ a little: what was made is not ahead of us.
  return [...earlier, creationTimestamp]
    .flatMap((text) => instantOf(text)?.epochMilliseconds ?? [])
    .map((at) => Math.min(at, nowMs))
    .slice(-issuancesPerDay);
}
