/** A key in a header or in the query that only clients have. */

import { fields, integer, list, mapOf, oneOf, type Parsed, required, text } from "#base/schema.ts";
import { keyedHash } from "#crypto/keyed-hash.ts";
import { allow, type Check, deny, type Verdict } from "../check.ts";
import { type Contract, contractOf } from "./contract-kind.ts";

const policy = fields({
  kind: required(oneOf("api-key")),
  /** Where the key may be; the first place that has one counts. */
  places: required(list(fields({ in: required(oneOf("header", "query")), name: required(text) }))),
  /** Client id → its key. */
  keys: required(mapOf(text)),
  /** What answers when it cannot be judged. */
  status: required(integer(400, 599)),
});

export type ApiKeyPolicy = Parsed<typeof policy>;

export const apiKey: Contract = contractOf<ApiKeyPolicy>(
  "api-key",
  policy,
  ({ places, keys }, { key: secret }) => {
    // Looked up by a keyed hash: how long that takes says nothing about how much of a key was right.
    const known = new Set(
      Object.values(keys).flatMap((key) => (key === "" ? [] : keyedHash(secret, key))),
    );
    const judge = (check: Check): Verdict => {
      const given = places.map((place) => valueAt(place, check)).find((value) => value);
      if (given === undefined) return deny(401);
      return known.has(keyedHash(secret, given)) ? allow : deny(403);
    };
    return { judge: (check) => Promise.resolve(judge(check)), close: () => undefined };
  },
);

function valueAt(place: ApiKeyPolicy["places"][number], check: Check): string | undefined {
  if (place.in === "header") return check.headers.get(place.name.toLowerCase());
  const query = check.path.split("?").slice(1).join("?");
  return new URLSearchParams(query).get(place.name) ?? undefined;
}
