/** What happens to objects of certificates, told to people. */

import type { KubeObject } from "#kinds/object.ts";

export interface CertificateEvents {
  /** Does not throw; what is told twice in a row counts once. */
  readonly tell: (about: KubeObject, event: CertificateEvent) => void;
}

export interface CertificateEvent {
  readonly type: "Normal" | "Warning";
  /** As cert-manager's tools look for it: `Issuing`, `Requested`. */
  readonly reason: string;
  readonly message: string;
}
