/** Findings as Events of their objects, so that `events` and `describe` tell when something was found. */

import { contentHash } from "#base/content-hash.ts";
import { type Finding, type FindingChange, findingKey } from "#base/finding.ts";
import { eventKind } from "#kinds/event.ts";
import type { KubeObject } from "#kinds/object.ts";
import type { ObjectStore } from "#store/object-store.ts";
import { coalesced } from "./coalesced.ts";
import type { EventRecorder, ObjectEvent } from "./event-recorder.ts";

export interface FindingEvents {
  /** Takes what was found; what is gone again before it was recorded never is. */
  readonly found: (change: FindingChange) => void;
  /** Records what was found since the last call. */
  readonly update: () => Promise<void>;
}

export interface FindingEventsSettings {
  /** Awaited between two writes, so that many of them hold up nobody. */
  readonly breathe: () => Promise<void>;
  /** What is found about other objects waits, as a finding may come before its object is known. Default: all are. */
  readonly isOurs?: ((finding: Finding) => boolean) | undefined;
}

export function createFindingEvents(
  store: Pick<ObjectStore, "get">,
  recorder: EventRecorder,
  { breathe, isOurs = () => true }: FindingEventsSettings,
): FindingEvents {
  const due = new Map<string, Finding>();
  const round = async (): Promise<void> => {
    for (const [key, finding] of due) {
      if (!isOurs(finding)) continue;
      due.delete(key);
      try {
        const about = await store.get(finding.origin);
        if (about !== undefined) await recorder.record(eventOf(finding, about));
      } catch (error) {
        due.set(key, finding);
        throw error;
      }
      await breathe();
    }
    await recorder.sweep();
  };
  return {
    found: ({ added, gone }) => {
      for (const finding of gone) due.delete(findingKey(finding));
      for (const finding of added) {
        if (finding.severity !== "info" && isAboutObject(finding.origin.kind))
          due.set(findingKey(finding), finding);
      }
    },
    update: coalesced(round),
  };
}

function isAboutObject(kind: string): boolean {
  return kind !== "File" && kind !== "Gate" && kind !== eventKind.id;
}

function idOf({ reason, message, origin }: Finding): string {
  return contentHash(
    reason,
    message,
    origin.kind,
    origin.namespace,
    origin.name,
    origin.path,
  ).slice(0, 16);
}

/** A finding that returns is the same event again. */
function eventOf(finding: Finding, about: KubeObject): ObjectEvent {
  const { reason, message, advice, origin } = finding;
  return {
    id: idOf(finding),
    about,
    fieldPath: origin.path,
    type: "Warning",
    reason,
    message: `${message}; ${advice}`.slice(0, 1024),
  };
}
