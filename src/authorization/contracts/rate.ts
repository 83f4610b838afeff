/**
 * How often requests may come, told apart by what must be looked into, as nginx limits them (ngx_http_limit_req_module):
 * all limits must have room for a request, and one that finds none takes nothing from any.
 */

import { parseRe2 } from "#base/re2.ts";
import {
  boolean,
  checked,
  fields,
  integer,
  list,
  oneOf,
  optional,
  type Parsed,
  required,
  text,
} from "#base/schema.ts";
import { parseToken, type Token } from "#crypto/jose/token.ts";
import { keyedHash } from "#crypto/keyed-hash.ts";
import { allow, type Check, deny, type Verdict } from "../check.ts";
import { Allowance } from "./allowance.ts";
import { KeyReader, keyFields } from "./api-key.ts";
import { type Contract, type ContractDeps, contractOf } from "./contract-kind.ts";
import { partText, type ReadRequest, requestPart } from "./request-parts.ts";
import { TokenReader, tokenFields, tokenIn } from "./token-reader.ts";

const condition = fields({
  of: required(requestPart),
  /** Compared as a whole, without regard to case. */
  value: optional(text),
  /** Or: a pattern for the whole of it. */
  pattern: optional(checked(text, { holds: (re2) => parseRe2(re2).ok, message: "must be RE2" })),
  /** It must not be so. */
  negated: optional(boolean),
});

const limit = fields({
  /** Requests with equal texts share one allowance; those without any text are not counted. */
  key: required(list(requestPart)),
  /** It counts requests for which all of these hold. Default: all requests. */
  only: optional(list(condition)),
  requests: required(integer(1)),
  perMs: required(integer(1)),
  burst: required(integer(0)),
  mostKeys: required(integer(1)),
});

const policy = fields({
  kind: required(oneOf("rate")),
  limits: required(list(limit)),
  /** What is read of tokens. Default: nothing. */
  tokens: optional(
    fields({
      ...tokenFields,
      /** Whether only what one of the keys signed is believed. */
      signed: required(boolean),
    }),
  ),
  /** What is read of keys. Default: nothing. */
  keys: optional(fields(keyFields)),
  /** What requests without room get. */
  status: required(integer(400, 599)),
});

export type RatePolicy = Parsed<typeof policy>;

export const rate: Contract = contractOf<RatePolicy>("rate", policy, (opened, deps) => {
  const judge = new RateJudge(opened, deps);
  return { judge: (check) => judge.judge(check), close: () => judge.close() };
});

type Limit = Parsed<typeof limit>;
type Holds = (request: ReadRequest) => boolean;

interface Counted {
  readonly key: Limit["key"];
  readonly only: readonly Holds[];
  readonly allowance: Allowance;
}

class RateJudge {
  readonly #status: number;
  readonly #deps: ContractDeps;
  readonly #limits: readonly Counted[];
  readonly #keys: KeyReader | undefined;
  readonly #tokens: RatePolicy["tokens"];
  /** Of tokens that must be signed. */
  readonly #reader: TokenReader | undefined;

  constructor({ limits, tokens, keys, status }: RatePolicy, deps: ContractDeps) {
    this.#status = status;
    this.#deps = deps;
    this.#limits = limits.map((one) => ({
      key: one.key,
      only: (one.only ?? []).map(holdsOf),
      allowance: new Allowance(one),
    }));
    this.#keys = keys && new KeyReader(keys, deps);
    this.#tokens = tokens;
    this.#reader = tokens?.signed === true ? new TokenReader(tokens, deps) : undefined;
  }

  async judge(check: Check): Promise<Verdict> {
    const apiKey = this.#keys?.read(check);
    const token = await this.#tokenIn(check);
    const request: ReadRequest = {
      check,
      ...(token === undefined ? {} : { claims: token.claims }),
      ...(apiKey === undefined ? {} : { apiKey }),
    };
    const nowMs = this.#deps.clock.monotonicMs();
    const counting = this.#limits.flatMap(({ key, only, allowance }) => {
      const texts = key.map((part) => partText(part, request));
      const isCounted = texts.some((one) => one !== "") && only.every((holds) => holds(request));
      return isCounted ? [{ name: keyedHash(this.#deps.key, ...texts), allowance }] : [];
    });
    if (!counting.every(({ name, allowance }) => allowance.hasRoom(name, nowMs)))
      return deny(this.#status);
    for (const { name, allowance } of counting) allowance.take(name, nowMs);
    return allow;
  }

  close(): void {
    this.#reader?.close();
  }

  async #tokenIn(check: Check): Promise<Token | undefined> {
    if (this.#tokens === undefined) return undefined;
    if (this.#reader === undefined) return parseToken(tokenIn(check, this.#tokens) ?? "");
    const reading = await this.#reader.read(check);
    return reading.kind === "good" ? reading.token : undefined;
  }
}

function holdsOf({
  of: part,
  value = "",
  pattern,
  negated = false,
}: Parsed<typeof condition>): Holds {
  if (pattern === undefined)
    return (request) => (partText(part, request).toLowerCase() === value.toLowerCase()) !== negated;
  const matches = parseRe2(pattern);
  return (request) => matches.ok && matches.value(partText(part, request)) !== negated;
}
