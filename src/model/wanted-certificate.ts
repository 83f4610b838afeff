/** A certificate that an object asks to be issued and renewed, into a Secret beside the object. */

import type { JsonObject } from "#base/json.ts";

export interface WantedCertificate {
  /** Of the Secret, and of the request for it. */
  readonly name: string;
  /** The names that it is for. */
  readonly hosts: readonly string[];
  readonly issuer: WantedIssuer;
  /** Absent: none is asked for. */
  readonly commonName?: string;
  /** How long it holds, as in `2160h`. Absent: what the issuer gives. */
  readonly duration?: string;
  /** How long before its end it is renewed. Absent: when a third is left. */
  readonly renewBefore?: string;
  readonly usages: readonly string[];
  /** `self-signed`: one without trust serves until it is there. */
  readonly meanwhile: "nothing" | "self-signed";
  /** What else it is to be, in the words of cert-manager's Certificate. Absent: whatever others have written there stays. */
  readonly further?: JsonObject;
  /** Of the object. */
  readonly labels: Readonly<Record<string, string>>;
  /** Of the object, those that go over to the Certificate; null: the object has it not, so neither has the Certificate. */
  readonly copied?: Readonly<Record<string, string | null>>;
}

export interface WantedIssuer {
  readonly name: string;
  readonly kind: string;
  /** Absent: cert-manager's own. */
  readonly group?: string;
}
