/** What the controllers of a Certificate share: what they are given, and what each makes of its status. */

import type { CertificateSpec } from "#kinds/cert-manager/certificate-spec.ts";
import { type Condition, withCondition } from "#kinds/condition.ts";
import type { KubeObject, OwnerReference } from "#kinds/object.ts";
import type { Clock } from "#runtime/clock.ts";
import type { Random } from "#runtime/random.ts";
import type { ObjectStore } from "#store/object-store.ts";
import type { CertificateStatus } from "../certificate-status.ts";
import type { KeyMaker } from "../key-maker.ts";
import type { CertificateEvents } from "./certificate-events.ts";
import type { Statuses } from "./statuses.ts";
import type { World } from "./world.ts";

export interface ControllerDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly store: ObjectStore;
  readonly world: World;
  readonly statuses: Statuses;
  readonly keys: KeyMaker;
  readonly signer: Signer;
  readonly events: CertificateEvents;
  /** Whether the Secret of a Certificate goes with it. */
  readonly ownsSecrets: boolean;
}

/** Has requests approved and signed. */
export interface Signer {
  /** Goes on with a request; the moment is when time alone lets it go on. Throws StoreError. */
  readonly advance: (request: KubeObject) => Promise<Temporal.Instant | undefined>;
}

/** A Certificate, with the status that the controllers before have made. */
export interface Seen {
  readonly object: KubeObject;
  readonly spec: CertificateSpec;
  readonly status: CertificateStatus;
  /** The same for all controllers of one look. */
  readonly now: Temporal.Instant;
}

export interface Step {
  readonly status: CertificateStatus;
  /** When time alone may change what this controller does. */
  readonly again?: Temporal.Instant | undefined;
  /** What is done once the status is written. */
  readonly afterwards?: () => Promise<void>;
}

/** One look of one controller; it writes objects of its own, and the status is written once behind the last. */
export type Controller = (seen: Seen) => Promise<Step>;

/** The status with a condition that was judged now, by the object as it was seen. */
export function conclude(
  { object, status, now }: Seen,
  type: "Issuing" | "Ready",
  verdict: {
    readonly isTrue: boolean;
    readonly reason: string;
    readonly message: string;
  },
): CertificateStatus {
  const { isTrue, reason, message } = verdict;
  const condition: Condition = {
    ...{ type, reason, message },
    status: isTrue ? "True" : "False",
    observedGeneration: object.metadata.generation,
  };
  return { ...status, conditions: withCondition(status.conditions, condition, now) };
}

/** The reference by which what is made for an object goes with it. */
export function ownerOf({ apiVersion, kind, metadata: { name, uid } }: KubeObject): OwnerReference {
  return { apiVersion, kind, name, uid, controller: true };
}

/** Whether an object was made for another. */
export function isOwnedBy(object: KubeObject, owner: KubeObject): boolean {
  return object.metadata.ownerReferences.some(({ uid }) => uid === owner.metadata.uid);
}
