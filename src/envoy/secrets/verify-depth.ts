/** How many certificates may stand between one that is verified and its authority → the depth that Envoy is told. */

/** Envoy counts the authority's as well; nginx does not (SSL_CTX_set_verify_depth(3)). */
export function verifyDepth(between: number): number {
  return between + 1;
}
