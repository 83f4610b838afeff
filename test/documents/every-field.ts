/** A mapping that has every field it is asked for, each such a mapping again: a parser that reads it names all its fields. */

import type { JsonObject } from "#base/json.ts";

/** Free keys of a mapping are given as one, `*`. Its leaves are never what a parser wants, so each gives a problem. */
export function everyField(): JsonObject {
  const there = { enumerable: true, configurable: true };
  return new Proxy<JsonObject>(
    {},
    {
      get: () => everyField(),
      getOwnPropertyDescriptor: () => ({ ...there, value: everyField() }),
      ownKeys: () => ["*"],
    },
  );
}
