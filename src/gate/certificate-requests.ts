/** Has the certificates that objects want made, and tells their owners by Events. */

import { contentHash } from "#base/content-hash.ts";
import { WantedCertificates } from "#certificates/shims/wanted-certificates.ts";
import { parseKey } from "#kinds/object.ts";
import type { WantedCertificate } from "#model/wanted-certificate.ts";
import type { EventRecorder } from "#status/event-recorder.ts";
import { createRounds } from "#status/rounds.ts";
import type { ObjectStore } from "#store/object-store.ts";

export interface CertificateRequests {
  /** What an object (`formatKey`) wants may have changed. */
  readonly wantChanged: (key: string) => void;
  /** Brings the Certificates to what is wanted now. */
  readonly update: () => Promise<void>;
}

export interface CertificateRequestsDeps {
  readonly store: ObjectStore;
  readonly recorder: EventRecorder;
  /** Awaited between two objects, so that many of them hold up nobody. */
  readonly breathe: () => Promise<void>;
}

export function createCertificateRequests(
  { store, recorder, breathe }: CertificateRequestsDeps,
  wantedBy: (key: string) => readonly WantedCertificate[] | "as-before",
): CertificateRequests {
  const certificates = new WantedCertificates(store);
  const bring = async (key: string): Promise<void> => {
    const wishes = wantedBy(key);
    if (wishes === "as-before" || (await certificates.isIdle(key, wishes))) return;
    const about = await store.get(parseKey(key));
    if (about === undefined) return;
    for (const { type, reason, message } of await certificates.bring(about, wishes)) {
      const id = contentHash(reason, message, key).slice(0, 16);
      await recorder.record({ id, about, fieldPath: "spec.tls", type, reason, message });
    }
  };
  const rounds = createRounds(bring, breathe);
  return { wantChanged: rounds.add, update: rounds.update };
}
