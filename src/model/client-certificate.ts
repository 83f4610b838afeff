/** What clients of a host are asked to show in the handshake, and who vouches for it. */

import { contentHash } from "#base/content-hash.ts";

export interface ClientCertificates {
  /** The Secret with the authorities of whom one must have signed, and with what they took back. */
  readonly authorities: { readonly namespace: string; readonly name: string };
  /**
   * Of what is not signed so, or is out of its time: `required` and `optional` answer 400, and `unverified` lets it pass.
   * Who shows nothing gets 400 where it is `required`. The handshake succeeds in any case.
   */
  readonly demand: "required" | "optional" | "unverified";
  /** So many certificates may stand between the client's and the authority's. */
  readonly depth: number;
}

/** Two with equal texts ask for the same. */
export function formatClientCertificates(asked: ClientCertificates): string {
  const { authorities, demand, depth } = asked;
  return `${demand} certificates of ${authorities.namespace}/${authorities.name} within ${depth}`;
}

/** The same in short, as part of a name. */
export function clientCertificatesName(asked: ClientCertificates): string {
  return contentHash(formatClientCertificates(asked)).slice(0, 16);
}
