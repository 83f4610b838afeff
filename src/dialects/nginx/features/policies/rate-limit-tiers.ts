/** `condition` of a rate limit: which requests it is for, by a variable that several Policies of one place look at. */

import { err, ok, type Result } from "#base/result.ts";
import type { Policy } from "#kinds/nginx/policy.ts";
import type { Readable, ReadCondition, ReadLimit } from "#model/rate-limit.ts";
import { wholePattern } from "../routes/path.ts";
import { readableOf } from "./rate-limit-keys.ts";

type Condition = NonNullable<NonNullable<NonNullable<Policy["spec"]>["rateLimit"]>["condition"]>;

/** Requests of one tier. */
export interface Tier {
  /** Those who look at the same one know of each other. */
  readonly variable: string;
  readonly match: ReadCondition;
  /** Whether it is for all, too, whom no other Policy with the variable is for. */
  readonly isDefault: boolean;
}

interface Tiered {
  readonly limit: ReadLimit;
  readonly tier?: Tier;
}

/** Which requests a condition is for; else why it cannot be applied, as the end of a sentence about the Policy. */
export function tierOf({ jwt, variables, default: byDefault }: Condition): Result<Tier, string> {
  const at = "is invalid: spec.rateLimit.condition: Required value";
  if (jwt !== undefined && variables !== undefined)
    return err(`${at}: only one condition, jwt or variables is allowed`);
  // The controller takes the first variable, too.
  const { name = "", match = "" } =
    jwt === undefined ? (variables?.[0] ?? {}) : { name: jwt.claim, match: jwt.match };
  if (name === "") return err(`${at}: must specify either jwt or variable conditions`);
  const subject = jwt === undefined ? subjectOf(name) : claimOf(name);
  if (subject === undefined)
    return err(`has spec.rateLimit.condition, and ${name} is not looked at here`);
  const condition = conditionOf(subject, match);
  return condition.ok
    ? ok({ variable: name, match: condition.value, isDefault: byDefault === true })
    : err(`has spec.rateLimit.condition, and ${match} cannot be looked for: ${condition.error}`);
}

/** `user_details.level` is in another one. */
function claimOf(claim: string): Readable {
  return { kind: "claim", path: claim.split(".") };
}

function subjectOf(variable: string): Readable | undefined {
  return readableOf(/^\$\{?(\w+)\}?$/.exec(variable)?.[1] ?? "");
}

/** The limit of one Policy among those of its place. */
export function limitAmong(wish: Tiered, all: readonly Tiered[]): ReadLimit {
  const { limit, tier } = wish;
  if (tier === undefined) return limit;
  if (!tier.isDefault) return { ...limit, only: [tier.match] };
  const others = all.flatMap((other) =>
    other !== wish && other.tier?.variable === tier.variable ? [other.tier.match] : [],
  );
  return others.length === 0 ? limit : { ...limit, only: others.map(opposite) };
}

/** The variable for which two Policies of one place are the default; undefined: there is none. */
export function ambiguousVariable(wishes: readonly Tiered[]): string | undefined {
  const defaults = wishes.flatMap(({ tier }) => (tier?.isDefault === true ? [tier.variable] : []));
  return defaults.find((variable, index) => defaults.indexOf(variable) < index);
}

function opposite(condition: ReadCondition): ReadCondition {
  const { negated, ...rest } = condition;
  return negated === true ? rest : { ...rest, negated: true };
}

/** As nginx's `map` compares: a text without regard to case, or a pattern behind `~`. */
function conditionOf(subject: Readable, match: string): Result<ReadCondition, string> {
  const [, star, regex] = /^~(\*?)(.*)$/s.exec(match) ?? [];
  if (regex === undefined) return ok({ subject, value: match });
  const whole = wholePattern({ kind: "pattern", regex, anyCase: star === "*" });
  return whole.ok ? ok({ subject, pattern: whole.value }) : err(whole.error);
}
