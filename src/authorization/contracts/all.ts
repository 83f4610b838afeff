/** Every contract, one line each. */

import { isJsonObject, type Json } from "#base/json.ts";
import { deny } from "../check.ts";
import { apiKey } from "./api-key.ts";
import { basic } from "./basic.ts";
import type { Contract, ContractDeps, PolicyJudge } from "./contract-kind.ts";
import { externalRequest } from "./external-request.ts";
import { jwt } from "./jwt.ts";
import { oidc } from "./oidc.ts";
import { rate } from "./rate.ts";

export const contracts: readonly Contract[] = [basic, apiKey, externalRequest, jwt, oidc, rate];

/** What answers under a policy that we cannot read: one of a later version. */
const unreadableStatus = 503;

/** The judge of a policy as it came over the wire. What is not understood lets nobody pass. */
export function openPolicy(policy: Json, deps: ContractDeps): PolicyJudge {
  for (const contract of contracts) {
    const opened = contract.open(policy, deps);
    if (opened !== undefined) return opened;
  }
  return closedPolicy(statusOf(policy));
}

/** Nobody passes. */
export function closedPolicy(status: number): PolicyJudge {
  return { judge: () => Promise.resolve(deny(status)), close: () => undefined };
}

function statusOf(policy: Json): number {
  const status = isJsonObject(policy) ? policy["status"] : undefined;
  return typeof status === "number" && status >= 400 && status <= 599 ? status : unreadableStatus;
}
