/** Which clients a route is for, by their addresses; everybody else gets 403. */

export interface ClientRule {
  /** `only`: clients of these networks and nobody else. `except`: everybody but them. */
  readonly kind: "only" | "except";
  /** `10.0.0.0/8`; an address by itself is a network of one. */
  readonly networks: readonly string[];
}

/** The rule in one line: equal texts let the same clients in. */
export function formatClientRule({ kind, networks }: ClientRule): string {
  return `${kind} ${networks.join(" ")}`;
}
