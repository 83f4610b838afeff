/**
 * The limits of one place, each kept by who can tell requests apart as it wants: the gate by what they say, and who judges
 * tokens and keys by those.
 */

import { formatOrigin, type Origin } from "#base/origin.ts";
import { err, ok, type Result } from "#base/result.ts";
import type { Protection, RateProtection } from "#model/protection.ts";
import type {
  CountedBy,
  LimitCondition,
  RateLimit,
  RateLimits,
  Readable,
  ReadCondition,
  ReadLimit,
} from "#model/rate-limit.ts";
import type { FindingText } from "../../../common/findings.ts";
import type { LimitWish } from "./rate-limit.ts";
import { limitAmong } from "./rate-limit-tiers.ts";

/** What goes along with limits. */
export interface LimitedPlace {
  /** What else a request must show there. */
  readonly protections: readonly Protection[];
  /** The object whose requests are counted together. */
  readonly object: Origin;
}

export interface KeptLimits {
  readonly rateLimits?: RateLimits;
  /** Those of the place, behind what is counted before them. */
  readonly protections: readonly Protection[];
  readonly note?: FindingText;
}

/** As nginx answers when a policy cannot be applied. */
const failureStatus = 500;

/** All of one place apply, and the first says what is answered; else why they cannot, as the end of a sentence about them. */
export function keepLimits(
  wishes: readonly LimitWish[],
  place: LimitedPlace,
): Result<KeptLimits, string> {
  const { protections } = place;
  const [first] = wishes;
  if (first === undefined) return ok({ protections });
  const { status } = first;
  const limits = wishes.map((wish) => limitAmong(wish, wishes));
  const plain = limits.filter(isPlain);
  const rateLimits = plain.length === 0 ? {} : { rateLimits: { limits: plain, status } };
  const read = limits.filter((limit) => !isPlain(limit) && limit.dryRun !== true);
  if (read.length === 0) return ok({ ...rateLimits, protections });
  const who = whoAsks(read, protections);
  if (!who.ok) return who;
  const rate: RateProtection = {
    ...({ kind: "rate", limits: read, status } as const),
    countedFor: formatOrigin({ ...place.object, path: "" }),
    ...who.value,
    ...{ failureStatus, origin: first.origin },
  };
  const note = rate.tokens === "unsigned" ? { note: unsigned } : {};
  return ok({ ...rateLimits, protections: [rate, ...protections], ...note });
}

const unsigned: FindingText = {
  reason: "TokensBelieved",
  message: "limits go by what tokens say, whoever signed them: anybody can make one up",
  advice: "have a Policy with the rule jwt beside them",
};

/** Tokens and keys that limits go by are those that are asked for there. */
function whoAsks(
  limits: readonly ReadLimit[],
  protections: readonly Protection[],
): Result<Pick<RateProtection, "tokens" | "keys">, string> {
  const read = new Set(limits.flatMap(kindsIn));
  const tokens = protections.find((one) => one.kind === "jwt");
  const keys = protections.find((one) => one.kind === "api-key");
  const byToken = read.has("claim");
  const byKey = read.has("api-key") || read.has("api-key-client");
  if (byToken && tokens === undefined && protections.some(({ kind }) => kind === "oidc"))
    return err("go by claims, and those of users who signed in are not looked at");
  if (byKey && keys === undefined)
    return err("go by keys of clients, and no Policy with the rule apiKey asks for any");
  return ok({
    ...(byToken ? { tokens: tokens ?? "unsigned" } : {}),
    ...(byKey && keys !== undefined ? { keys } : {}),
  });
}

function kindsIn({ key, only = [] }: ReadLimit): readonly Readable["kind"][] {
  const parts = key.flatMap((part) => (typeof part === "string" ? [] : [part]));
  return [...parts, ...only.map(({ subject }) => subject)].map(({ kind }) => kind);
}

/** What a request may lack of a key doubles what Envoy is told. */
const mostVariables = 4;

/** Whether a limit goes by what requests say as it is. */
function isPlain(limit: ReadLimit): limit is RateLimit {
  const { key, only = [] } = limit;
  const variables = key.filter((part) => typeof part !== "string");
  return (
    variables.length <= mostVariables && variables.every(isSaid) && only.every(isComparedAsItIs)
  );
}

const saidKinds = ["client-address", "target", "method", "header", "argument"];

function isSaid(part: Readable): part is CountedBy {
  return saidKinds.includes(part.kind);
}

const comparedKinds = {
  texts: ["header", "cookie", "argument", "method", "scheme", "query", "target"],
  patterns: ["header", "method", "scheme", "target"],
};

function isComparedAsItIs(condition: ReadCondition): condition is LimitCondition {
  const { kind } = condition.subject;
  return comparedKinds["pattern" in condition ? "patterns" : "texts"].includes(kind);
}
