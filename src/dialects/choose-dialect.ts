/** Which dialect translates an object: of those that have its kind, the one that takes it, else the one that takes any. */

import type { Known } from "#kinds/kind.ts";
import { type KindId, keyOf } from "#kinds/object.ts";
import { dialects } from "./all.ts";
import type { Dialect, DialectSettings, World } from "./dialect.ts";

const all: readonly Dialect[] = dialects;

/** The dialects that have a kind, those that choose among its objects first. */
export function dialectsOf(kind: KindId): readonly Dialect[] {
  return all
    .filter(({ kinds }) => kinds.includes(kind))
    .sort((a, b) => Number(a.takes === undefined) - Number(b.takes === undefined));
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
