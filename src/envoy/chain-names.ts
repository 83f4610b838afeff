/** Names of what filter chains are made of, and those by which the access log knows chains that answer without any route. */

/** How the names of those begin that refuse a handshake. */
export const refusedChainPrefix = "refused/";

/** The secret with the authorities of a Secret, by whom clients' certificates are verified. */
export function authoritiesName(secret: string): string {
  return `authorities/${secret}`;
}

/** The Secret of {@link authoritiesName}; undefined when it is no such name. */
export function secretOfAuthorities(name: string): string | undefined {
  return /^authorities\/(.+)$/.exec(name)?.[1];
}

/** The secret with the keys of session tickets for connections of this name: a group, or a stream's secret. */
export function ticketsName(connections: string): string {
  return `tickets/${connections}`;
}

/** Answers clear text on the TLS port. */
export const plainTextChain = "not-tls";
