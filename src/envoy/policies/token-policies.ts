/** Policies by tokens, and by what else must be read of requests. */

import type { Policy } from "#authorization/policy.ts";
import type { Finding } from "#base/finding.ts";
import { parseKeySet } from "#crypto/jose/key-set.ts";
import type { JwtProtection, PublishedKeys, RateProtection } from "#model/protection.ts";
import type { Readable, ReadCondition } from "#model/rate-limit.ts";
import {
  entryText,
  type Judged,
  type PolicyInputs,
  serverOf,
  textOf,
  unusable,
} from "./policy-parts.ts";

export function jwtPolicy(protection: JwtProtection, inputs: PolicyInputs): Judged {
  const { realm, place, signIn, keys, failureStatus: status } = protection;
  const asked = {
    ...({ kind: "jwt", realm, status } as const),
    ...(place === undefined ? {} : { place }),
    ...(signIn === undefined ? {} : { signIn }),
  };
  if (!("key" in keys)) return publishedPolicy(protection, keys, asked, inputs);
  const text = entryText(keys, inputs);
  if (text === undefined) return unusable(protection, keys);
  const parsed = parseKeySet(text);
  if (!parsed.ok) return unusable(protection, keys, parsed.error);
  const findings = parsed.value.unused.map(
    ({ entry, why }): Finding => ({
      severity: "warning",
      reason: "KeyNotUsable",
      origin: protection.origin,
      message: `entry ${entry} of the key set in ${textOf(keys)} verifies no token: ${why}`,
      advice: "replace it, or remove it",
    }),
  );
  return { policy: { ...asked, keys: text }, findings };
}

function publishedPolicy(
  protection: JwtProtection,
  keys: PublishedKeys,
  asked: Extract<Policy, { kind: "jwt" }>,
  inputs: PolicyInputs,
): Judged {
  const server = serverOf(keys, inputs);
  if (!server.ok) return unusable(protection, server.error);
  const { place, findings } = server.value;
  return { policy: { ...asked, fetched: { ...place, keepMs: keys.keepMs } }, findings };
}

type RatePolicy = Extract<Policy, { kind: "rate" }>;

/** What is wrong with tokens and keys is found where they are asked for; without them nobody can be told apart. */
export function ratePolicy(protection: RateProtection, inputs: PolicyInputs): Judged {
  const { limits, status, failureStatus } = protection;
  const tokens = tokensOf(protection, inputs);
  const keys = keysOf(protection, inputs);
  if (tokens === "missing" || keys === "missing")
    return { policy: { kind: "unusable", status: failureStatus }, findings: [] };
  const policy: RatePolicy = {
    ...({ kind: "rate", status } as const),
    limits: limits.map(({ key, only, requests, perMs, burst, mostKeys }) => ({
      ...{ requests, perMs, burst, mostKeys },
      key: key.map(partOf),
      ...(only === undefined ? {} : { only: only.map(conditionOf) }),
    })),
    ...(tokens === undefined ? {} : { tokens }),
    ...(keys === undefined ? {} : { keys }),
  };
  return { policy, findings: [] };
}

function tokensOf(
  { tokens }: RateProtection,
  inputs: PolicyInputs,
): RatePolicy["tokens"] | "missing" {
  if (tokens === undefined) return undefined;
  if (tokens === "unsigned") return { signed: false };
  const { policy } = jwtPolicy(tokens, inputs);
  if (policy.kind !== "jwt") return "missing";
  const { place, keys, fetched } = policy;
  return {
    signed: true,
    ...(place === undefined ? {} : { place }),
    ...(keys === undefined ? {} : { keys }),
    ...(fetched === undefined ? {} : { fetched }),
  };
}

function keysOf(
  { keys: asked }: RateProtection,
  { secretEntries }: PolicyInputs,
): RatePolicy["keys"] | "missing" {
  if (asked === undefined) return undefined;
  const keys = secretEntries(asked.keys);
  return keys === undefined ? "missing" : { places: asked.places, keys };
}

type Part = RatePolicy["limits"][number]["key"][number];

function partOf(part: string | Readable): Part {
  return typeof part === "string" ? { kind: "text", name: part } : part;
}

function conditionOf(
  condition: ReadCondition,
): NonNullable<RatePolicy["limits"][number]["only"]>[number] {
  const { subject, negated } = condition;
  return {
    of: partOf(subject),
    ...("pattern" in condition ? { pattern: condition.pattern } : { value: condition.value }),
    ...(negated === undefined ? {} : { negated }),
  };
}
