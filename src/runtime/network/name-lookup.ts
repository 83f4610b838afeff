/** Addresses of DNS names, injected. */

export interface NameLookup {
  /** The addresses of a name now, as this machine resolves it (hosts file included), sorted; none when it does not resolve. */
  readonly addresses: (name: string) => Promise<readonly string[]>;
}
