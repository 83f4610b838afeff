/**
 * Which changes have one value stand in, or go from, what Route 53 has under a name. Each value of ours is a record set of its
 * own (a multivalue answer under the value as its identifier), so that nobody's values are replaced. Where somebody keeps a
 * simple record set under the name, beside which AWS takes no other, ours goes into it.
 */

import type { ChallengeRecord } from "../dns-provider.ts";

/** A set of TXT records, as Route 53 lists it; what we do not know of it goes back as it came. */
export interface RecordSet {
  readonly Name: string | undefined;
  readonly Type: "TXT";
  readonly SetIdentifier?: string | undefined;
  readonly MultiValueAnswer?: boolean | undefined;
  readonly TTL?: number | undefined;
  readonly ResourceRecords?: { readonly Value: string | undefined }[] | undefined;
}

/** Made together or not at all; deleting a set fails unless it is just what is given. */
export type Change = readonly {
  readonly Action: "CREATE" | "DELETE" | "UPSERT";
  readonly ResourceRecordSet: RecordSet;
}[];

const ttl = 10;

/** Undefined when the value stands there already. */
export function additionOf(
  sets: readonly RecordSet[],
  record: ChallengeRecord,
): Change | undefined {
  if (sets.some((set) => valuesOf(set).includes(quoted(record.value)))) return undefined;
  const simple = sets.find(isSimple);
  if (simple === undefined) return [{ Action: "UPSERT", ResourceRecordSet: ownSet(record) }];
  return replaced(simple, [...valuesOf(simple), quoted(record.value)]);
}

/** Undefined when the value does not stand there. */
export function removalOf(sets: readonly RecordSet[], record: ChallengeRecord): Change | undefined {
  const set = sets.find((one) => valuesOf(one).includes(quoted(record.value)));
  if (set === undefined) return undefined;
  const others = valuesOf(set).filter((value) => value !== quoted(record.value));
  return others.length === 0
    ? [{ Action: "DELETE", ResourceRecordSet: set }]
    : replaced(set, others);
}

function ownSet({ name, value }: ChallengeRecord): RecordSet {
  return {
    ...{ Name: name, Type: "TXT", TTL: ttl, MultiValueAnswer: true, SetIdentifier: value },
    ResourceRecords: [{ Value: quoted(value) }],
  };
}

function isSimple({ SetIdentifier }: RecordSet): boolean {
  return SetIdentifier === undefined;
}

/** By deleting what was read: if that is not there any more, nothing happens. */
function replaced(set: RecordSet, values: readonly string[]): Change {
  const ResourceRecords = values.map((Value) => ({ Value }));
  return [
    { Action: "DELETE", ResourceRecordSet: set },
    { Action: "CREATE", ResourceRecordSet: { ...set, ResourceRecords } },
  ];
}

function valuesOf({ ResourceRecords = [] }: RecordSet): readonly string[] {
  return ResourceRecords.flatMap(({ Value }) => Value ?? []);
}

function quoted(value: string): string {
  return `"${value.replaceAll(/["\\]/g, "\\$&")}"`;
}
