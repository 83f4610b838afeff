/** What DNS is to say of the host of an object: that the gate is reached there. */

export interface WantedRecord {
  /** The name of what is asked for: the object's. */
  readonly name: string;
  readonly host: string;
  /** Default: by the addresses. */
  readonly recordType?: "A" | "AAAA" | "CNAME";
  /** How long resolvers may keep it. Absent: who writes it says so. */
  readonly ttlSeconds?: number;
  /** What who writes it is told besides. */
  readonly recordLabels: Readonly<Record<string, string>>;
  readonly providerSpecific: readonly { readonly name: string; readonly value: string }[];
  /** Of the object. */
  readonly labels: Readonly<Record<string, string>>;
}
