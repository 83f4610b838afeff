/** Names by which the access log knows the filter chains that answer without any route. */

/** How the names of those begin that refuse a handshake. */
export const refusedChainPrefix = "refused/";

/** Answers clear text on the TLS port. */
export const plainTextChain = "not-tls";
