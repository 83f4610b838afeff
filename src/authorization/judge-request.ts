/** A request and the policies that its route names → one verdict: all must let it pass. */

import { allow, type Check, deny, type Verdict } from "./check.ts";
import type { PolicyStore } from "./policies/policy-store.ts";

/** A route that names no policy is none that we were asked about. */
const unasked = deny(503);

/** Asks one policy after another, in the order given; the first that turns the request away answers. */
export async function judgeRequest(
  policies: Pick<PolicyStore, "find">,
  names: readonly string[],
  check: Check,
  signal: AbortSignal,
): Promise<Verdict> {
  if (names.length === 0) return unasked;
  let passed = allow;
  for (const name of names) {
    const verdict = await policies.find(name).judge(check, signal);
    if (verdict.kind === "deny") return verdict;
    passed = both(passed, verdict);
  }
  return passed;
}

type Allowed = Extract<Verdict, { kind: "allow" }>;

/** What one takes away another may set; what both set is as the later one says. */
function both(one: Verdict, other: Allowed): Verdict {
  if (one.kind === "deny") return one;
  const set = [
    ...one.set.filter(({ name }) => !other.set.some((s) => s.name === name)),
    ...other.set,
  ];
  return {
    kind: "allow",
    set,
    remove: [...one.remove, ...other.remove].filter((name) => !set.some((s) => s.name === name)),
    answer: [...one.answer, ...other.answer],
  };
}
