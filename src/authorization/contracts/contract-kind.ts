/** A contract: how requests are judged by a policy of one kind. */

import type { Json } from "#base/json.ts";
import type { Parser, Problem } from "#base/schema.ts";
import type { Clock } from "#runtime/clock.ts";
import type { HttpClients } from "#runtime/http/http-client.ts";
import type { Random } from "#runtime/random.ts";
import type { Check, Verdict } from "../check.ts";
import type { PasswordJudge } from "../passwords/password-judge.ts";

export interface ContractDeps {
  readonly clock: Clock;
  readonly clients: HttpClients;
  readonly passwords: Pick<PasswordJudge, "judge">;
  readonly random: Random;
  /** 32 random bytes of this process. */
  readonly key: Uint8Array;
}

/** Judges the requests of one policy. */
export interface PolicyJudge {
  /** Rejects on a bug of ours alone: what cannot be judged is denied. */
  readonly judge: (check: Check, signal: AbortSignal) => Promise<Verdict>;
  /** Frees what it holds. */
  readonly close: () => void;
}

export interface Contract {
  readonly kind: string;
  /** The judge of a policy as it came over the wire; undefined when it is none of this kind. */
  readonly open: (policy: Json, deps: ContractDeps) => PolicyJudge | undefined;
}

/** A contract of what reads its policies and what judges by one. */
export function contractOf<Policy extends { readonly kind: string }>(
  kind: Policy["kind"],
  parse: Parser<Policy>,
  open: (policy: Policy, deps: ContractDeps) => PolicyJudge,
): Contract {
  return {
    kind,
    open: (policy, deps) => {
      const problems: Problem[] = [];
      const parsed = parse(policy, { path: "", problems });
      return parsed === undefined || problems.length > 0 ? undefined : open(parsed, deps);
    },
  };
}
