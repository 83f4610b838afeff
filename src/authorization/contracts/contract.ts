/** What every contract promises, as tests: called with each of them. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Json, JsonObject } from "#base/json.ts";
import type { Check } from "../check.ts";
import type { Contract, ContractDeps } from "./contract-kind.ts";

export interface ContractExample {
  readonly policy: JsonObject;
  /** Headers with which a request passes. */
  readonly passing: Readonly<Record<string, string>>;
  /** Headers with which it does not. */
  readonly failing: Readonly<Record<string, string>>;
  /** Texts of the policy that must be told to nobody. */
  readonly secrets: readonly string[];
}

/** A request with these headers. */
export function checkWith(headers: Readonly<Record<string, string>>, path = "/a?b=c"): Check {
  return {
    ...{ method: "POST", scheme: "https", host: "shop.test:8443", path },
    headers: new Map(Object.entries(headers)),
    client: "192.0.2.1",
  };
}

const never = new AbortController().signal;

/** Registers the suite; `open` makes what an example needs. */
export function authorizationContract(
  contract: Contract,
  open: () => Promise<{ readonly example: ContractExample; readonly deps: ContractDeps }>,
): void {
  const promise = (
    sentence: string,
    holds: (example: ContractExample, deps: ContractDeps) => Promise<void>,
  ): void => {
    test(sentence, async () => {
      const { example, deps } = await open();
      await holds(example, deps);
    });
  };
  describe(`${contract.kind} keeps the contract of an authorization`, () => {
    promise("lets pass who may, and nobody else", async ({ policy, passing, failing }, deps) => {
      const judge = contract.open(policy, deps);
      assert.ok(judge);
      assert.equal((await judge.judge(checkWith(passing), never)).kind, "allow");
      for (const headers of [failing, {}, { authorization: "Basic" }, { authorization: "\u0000" }])
        assert.equal((await judge.judge(checkWith(headers), never)).kind, "deny");
      judge.close();
    });

    promise(
      "reads no policy of another kind, nor one with a part missing",
      async (example, deps) => {
        const { policy } = example;
        const others: Json[] = [null, "text", {}, { ...policy, kind: "another" }];
        const partial = Object.keys(policy).map((name) => ({
          ...policy,
          [name]: [["another"]],
        }));
        for (const other of [...others, ...partial, { ...policy, later: true }])
          assert.equal(contract.open(other, deps), undefined);
        await Promise.resolve();
      },
    );

    promise("says nothing of its secrets", async ({ policy, passing, failing, secrets }, deps) => {
      const judge = contract.open(policy, deps);
      for (const headers of [passing, failing, {}]) {
        const said = JSON.stringify(await judge?.judge(checkWith(headers), never));
        for (const secret of secrets) assert.ok(!said.includes(secret), said);
      }
      judge?.close();
    });
  });
}
