/** Which dialect translates an object: of those that have its kind, the one that takes it, else the one that takes any. */

import type { Known } from "#kinds/kind.ts";
import { type KindId, keyOf } from "#kinds/object.ts";
import { dialects } from "./all.ts";
import type { Dialect, DialectSettings, World } from "./dialect.ts";

/** Those that choose among the objects of a kind before the one that takes any. */
const inTurn: readonly Dialect[] = (dialects as readonly Dialect[]).toSorted(
  (a, b) => Number(a.takes === undefined) - Number(b.takes === undefined),
);

const byKind: ReadonlyMap<KindId, readonly Dialect[]> = new Map(
  inTurn
    .flatMap(({ kinds }) => kinds)
    .map((kind) => [kind, inTurn.filter(({ kinds }) => kinds.includes(kind))]),
);

/** The dialects that have a kind, in the order in which they are asked. */
export function dialectsOf(kind: KindId): readonly Dialect[] {
  return byKind.get(kind) ?? [];
}

/** Tracked. Undefined: the object is nobody's. */
export function chooseDialect(
  object: Known<unknown>,
  world: World,
  settings: DialectSettings,
): Dialect | undefined {
  return dialectsOf(keyOf(object.object).kind).find(
    ({ takes }) => takes === undefined || takes(object, world, settings),
  );
}
