/** Rules of a Policy that say how often requests may come. */

import type { Origin } from "#base/origin.ts";
import { err, ok, type Result } from "#base/result.ts";
import type { Policy } from "#kinds/nginx/policy.ts";
import type { ReadLimit } from "#model/rate-limit.ts";
import type { FindingText } from "../../../common/findings.ts";
import { parseSize } from "../../quantities.ts";
import { readableOf } from "./rate-limit-keys.ts";
import { type Tier, tierOf } from "./rate-limit-tiers.ts";

type PolicySpec = NonNullable<Policy["spec"]>;
type Rule = NonNullable<PolicySpec["rateLimit"]>;

/** What one Policy asks for. */
export interface LimitWish {
  readonly limit: ReadLimit;
  readonly status: number;
  readonly tier?: Tier;
  readonly origin: Origin;
}

const defaultStatus = 503;
const defaultZone = "10m";
/** What is remembered of one key, at the most; nginx has 128 bytes for it, and its keys are as long. */
const bytesOfKey = 1024;

/** What the rule asks for; else why it cannot be applied, as the end of a sentence about the Policy. */
export function rateLimit(
  { rateLimit: rule = {} }: PolicySpec,
  origin: Origin,
): Result<LimitWish, string> {
  const tier = rule.condition === undefined ? ok(undefined) : tierOf(rule.condition);
  if (!tier.ok) return tier;
  const rate = parseRate(rule.rate ?? "");
  if (rate === undefined) return invalid("rate", rule.rate, 'must be a rate such as "10r/s"');
  const key = parseKey(rule.key ?? "");
  if (!key.ok) return key;
  const zone = parseSize(rule.zoneSize ?? defaultZone);
  if (zone === undefined) return invalid("zoneSize", rule.zoneSize, 'must be a size such as "10m"');
  const { burst = 0, rejectCode: status = defaultStatus } = rule;
  // Envoy counts in 32 bits.
  if (burst < 0 || burst >= 2 ** 31) return invalid("burst", burst, "must be a positive number");
  if (status < 400 || status > 599)
    return invalid("rejectCode", status, "must be within the range [400-599]");
  const limit: ReadLimit = {
    ...{ key: tier.value === undefined ? key.value : [ofTier, ...key.value], ...rate, burst },
    mostKeys: Math.max(1, Math.floor(zone / bytesOfKey)),
    ...(rule.dryRun === true ? { dryRun: true } : {}),
  };
  const tiered = tier.value === undefined ? {} : { tier: tier.value };
  return ok({ limit, status, origin, ...tiered });
}

/** Before the key of a limit with a condition, so that those are counted, too, who lack all that the key says. */
const ofTier = "tier";

/** What is not as in nginx when requests come faster than the rate. */
export function burstNote({
  rateLimit: { burst = 0, noDelay, delay } = {},
}: PolicySpec): FindingText | undefined {
  if (burst === 0 || (noDelay === true && delay === undefined)) return undefined;
  return {
    reason: "BurstNotDelayed",
    message: `${burst} requests beyond the rate pass at once: they are not delayed`,
    advice: "set noDelay to true if that is as well, or leave burst out",
  };
}

function parseRate(text: string): Pick<ReadLimit, "requests" | "perMs"> | undefined {
  const found = /^([1-9]\d{0,8})r\/([sm])$/i.exec(text);
  if (found === null) return undefined;
  return {
    requests: Number(found[1]),
    perMs: found[2]?.toLowerCase() === "s" ? 1000 : 60_000,
  };
}

/** `${binary_remote_addr}`, `${http_x_user}${request_uri}`. */
function parseKey(text: string): Result<ReadLimit["key"], string> {
  if (text === "") return invalid("key", text, "must not be empty");
  const parts = text
    .split(/(\$\{[^}]*\})/)
    .filter((part) => part !== "")
    .map((part) => (part.startsWith("${") ? readableOf(part.slice(2, -1)) : part));
  const strange = parts.some((part) => typeof part === "string" && part.includes("$"));
  if (strange) return invalid("key", text, "variables must be enclosed in curly braces");
  const known = parts.filter((part) => part !== undefined);
  return known.length === parts.length
    ? ok(known)
    : err(`counts by ${text}, and not all of it is known here`);
}

function invalid(
  field: keyof Rule,
  value: string | number | undefined,
  detail: string,
): { readonly ok: false; readonly error: string } {
  return err(
    `is invalid: spec.rateLimit.${field}: Invalid value: ${JSON.stringify(value ?? "")}: ${detail}`,
  );
}
