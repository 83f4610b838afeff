/** A key in a header or in the query that only clients have. */

import { fields, integer, list, mapOf, oneOf, type Parsed, required, text } from "#base/schema.ts";
import { keyedHash } from "#crypto/keyed-hash.ts";
import { allow, type Check, deny, type Verdict } from "../check.ts";
import { type Contract, type ContractDeps, contractOf } from "./contract-kind.ts";

/** The fields of a policy that say where keys are and whose they are. */
export const keyFields = {
  /** Where the key may be; the first place that has one counts. */
  places: required(list(fields({ in: required(oneOf("header", "query")), name: required(text) }))),
  /** Client id → its key. */
  keys: required(mapOf(text)),
};

const policy = fields({
  kind: required(oneOf("api-key")),
  ...keyFields,
  /** What answers when it cannot be judged. */
  status: required(integer(400, 599)),
});

export type ApiKeyPolicy = Parsed<typeof policy>;

export const apiKey: Contract = contractOf<ApiKeyPolicy>("api-key", policy, (opened, deps) => {
  const keys = new KeyReader(opened, deps);
  const judge = (check: Check): Verdict => {
    const given = keys.read(check);
    if (given === undefined) return deny(401);
    return given.client === undefined ? deny(403) : allow;
  };
  return { judge: (check) => Promise.resolve(judge(check)), close: () => undefined };
});

const keySource = fields(keyFields);

/** Looks keys up by a keyed hash: how long that takes says nothing about how much of a key was right. */
export class KeyReader {
  readonly #secret: Uint8Array;
  readonly #places: ApiKeyPolicy["places"];
  /** Hash of a key → the client who has it. */
  readonly #clients: ReadonlyMap<string, string>;

  constructor({ places, keys }: Parsed<typeof keySource>, { key }: Pick<ContractDeps, "key">) {
    this.#secret = key;
    this.#places = places;
    const used = Object.entries(keys).filter(([, text]) => text !== "");
    this.#clients = new Map(used.map(([client, text]) => [keyedHash(key, text), client]));
  }

  /** The key of a request; undefined when it has none. One that is nobody's has no client. */
  read(check: Check): { readonly key: string; readonly client: string | undefined } | undefined {
    const key = this.#places.map((place) => valueAt(place, check)).find((value) => value);
    if (key === undefined) return undefined;
    return { key, client: this.#clients.get(keyedHash(this.#secret, key)) };
  }
}

function valueAt(place: ApiKeyPolicy["places"][number], check: Check): string | undefined {
  if (place.in === "header") return check.headers.get(place.name.toLowerCase());
  const query = check.path.split("?").slice(1).join("?");
  return new URLSearchParams(query).get(place.name) ?? undefined;
}
