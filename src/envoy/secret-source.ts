/** The one door for key material: a name and what is behind it now. Certificates and identity implement it. */

import type { SecretBytes } from "#base/secret-bytes.ts";

export interface KeyMaterial {
  /** PEM, leaf first. */
  readonly certificateChain: string;
  /** PEM, PKCS#8 or a traditional form that Envoy reads. */
  readonly privateKey: SecretBytes;
  /** What the leaf says. Absent: it is served for itself, and not beside another of the same host. */
  readonly facts?: {
    readonly keyType: "rsa" | "ec";
    /** Lower case. */
    readonly dnsNames: readonly string[];
  };
}

/** Who may have signed what others show. */
export interface Authorities {
  /** PEM. */
  readonly certificates: string;
  /** PEM: what they took back. Default: nothing. */
  readonly revoked?: string;
}

/** The keys by which tickets of TLS sessions are sealed for one purpose; the first seals, all open. Equal for every proxy. */
export type TicketKeys = (purpose: string) => readonly SecretBytes[];

/** How long a session may be taken up again. */
export const ticketLifetime = Temporal.Duration.from({ hours: 24 });

export interface SecretSource {
  /** Tracked: what read it is computed again when the material changes. Absent: nothing usable is there. */
  readonly material: (name: string) => KeyMaterial | undefined;
  /** Tracked, likewise. */
  readonly authorities: (name: string) => Authorities | undefined;
  /** Tracked, likewise. Asked for where the listeners share them. */
  readonly ticketKeys: TicketKeys;
}
