/**
 * What an ACME server allows an account, counted before it is asked: issuers that share a server share its counts, those that
 * share a key their account's, too.
 */

import { contentHash } from "#base/content-hash.ts";
import type { NewOrder } from "../client/orders.ts";
import { type Counts, KeptCounts, type KeptCountsDeps } from "./kept-counts.ts";
import type { ServerLimits } from "./known-limits.ts";
import { networkOfAddress, registeredDomain } from "./registered-domain.ts";
import { type BucketLimit, returnToken, takeToken, tokensIn, waitMsFor } from "./token-bucket.ts";

/** Whose order it is. */
export interface OrderSource {
  /** The URL of the server's directory. */
  readonly directory: string;
  /** The URL of the account. */
  readonly account: string;
}

export type Permission =
  | { readonly kind: "granted" }
  | { readonly kind: "wait"; readonly until: Temporal.Instant; readonly message: string };

export interface Forecast {
  readonly needed: number;
  readonly allowedNow: number;
  /** When the last of them is allowed; undefined: all are now. */
  readonly lastAt: Temporal.Instant | undefined;
}

interface Bucket {
  readonly name: string;
  readonly limit: BucketLimit;
  /** In a sentence: `orders of an account`. */
  readonly what: string;
}

/** A failure that nobody tried to mend for so long is forgotten. */
const failureLifeMs = 7 * 24 * 3_600_000;

/** No limit that a server tells lasts longer. */
const longestBlockMs = 7 * 24 * 3_600_000;

export class OrderLimits {
  readonly #kept: KeptCounts;
  readonly #limitsOf: (directory: string) => ServerLimits;

  constructor(deps: KeptCountsDeps, limitsOf: (directory: string) => ServerLimits) {
    this.#kept = new KeptCounts(deps);
    this.#limitsOf = limitsOf;
  }

  /** Counts an order, if it is allowed now; called for each right before it is sent. */
  async take(source: OrderSource, order: NewOrder): Promise<Permission> {
    const buckets = this.#bucketsOf(source, order);
    let permission: Permission = { kind: "granted" };
    await this.#kept.change(source.directory, (kept, nowMs) => {
      const counts = believable(buckets, kept, nowMs);
      permission = permit({ source, buckets, counts, nowMs });
      // What was not to be believed is put right also for who waits: else it would be the same at every look.
      if (permission.kind === "wait") return counts === kept ? undefined : counts;
      return taken(buckets, counts, nowMs);
    });
    return permission;
  }

  /** An order that was counted ended without a certificate: only as an order of its account it counts on. */
  async giveBack(source: OrderSource, order: NewOrder): Promise<void> {
    const own = accountName(source.account);
    const buckets = this.#bucketsOf(source, order).filter(({ name }) => name !== own);
    if (buckets.length === 0) return;
    await this.#kept.change(source.directory, (counts, nowMs) => {
      const more = buckets.map(
        ({ name, limit }) => [name, returnToken(limit, counts[name] ?? 0, nowMs)] as const,
      );
      return { ...counts, ...Object.fromEntries(more) };
    });
  }

  /** The server wants to hear nothing of an account for so long. */
  async block({ directory, account }: OrderSource, wait: Temporal.Duration): Promise<void> {
    const waitMs = Math.min(Math.ceil(wait.total("milliseconds")), longestBlockMs);
    await this.#kept.change(directory, (counts, nowMs) => ({
      ...counts,
      [blockedName(account)]: nowMs + waitMs,
    }));
  }

  /** Names could not be shown to be ours: they are tried elsewhere first for a while. */
  async noteFailure(source: OrderSource, names: readonly string[]): Promise<void> {
    await this.#kept.change(source.directory, (counts, nowMs) => ({
      ...counts,
      ...Object.fromEntries(names.map((name) => [failedName(name), nowMs + failureLifeMs])),
    }));
  }

  /** Names were shown to be ours elsewhere. */
  async forgetFailure(source: OrderSource, names: readonly string[]): Promise<void> {
    await this.#kept.change(source.directory, (counts) => ({
      ...counts,
      ...Object.fromEntries(names.map((name) => [failedName(name), 0])),
    }));
  }

  /** Whether one of the names failed and was not shown to be ours elsewhere since. */
  async hasFailed({ directory }: OrderSource, names: readonly string[]): Promise<boolean> {
    const { counts, nowMs } = await this.#kept.read(directory);
    return names.some((name) => (counts[failedName(name)] ?? 0) > nowMs);
  }

  /** Whether so many orders would be allowed, and when. */
  async forecast(source: OrderSource, orders: readonly NewOrder[]): Promise<Forecast> {
    const { counts: kept, nowMs } = await this.#kept.read(source.directory);
    let counts = kept;
    let [allowedNow, lastMs] = [0, nowMs];
    for (const order of orders) {
      const buckets = this.#bucketsOf(source, order);
      const verdict = permit({ source, buckets, counts, nowMs });
      const atMs = verdict.kind === "wait" ? verdict.until.epochMilliseconds : nowMs;
      if (atMs === nowMs) allowedNow += 1;
      lastMs = Math.max(lastMs, atMs);
      counts = taken(buckets, counts, nowMs);
    }
    const lastAt = lastMs === nowMs ? undefined : Temporal.Instant.fromEpochMilliseconds(lastMs);
    return { needed: orders.length, allowedNow, lastAt };
  }

  /** What replaces a certificate when its server wants that counts nowhere (RFC 9773 §5). */
  #bucketsOf(source: OrderSource, { identifiers, replaces }: NewOrder): readonly Bucket[] {
    const { orders, domain, sameNames } = this.#limitsOf(source.directory);
    if (replaces !== undefined) return [];
    const names = identifiers.map(({ value }) => value.toLowerCase()).sort();
    const domains = new Set(
      identifiers.map(({ type, value }) =>
        type === "ip" ? networkOfAddress(value) : registeredDomain(value),
      ),
    );
    return [
      ...(orders === undefined
        ? []
        : [{ name: accountName(source.account), limit: orders, what: "orders of an account" }]),
      ...(domain === undefined
        ? []
        : [...domains].map((one) => ({
            name: `domain ${one}`,
            limit: domain,
            what: `certificates for names of ${one}`,
          }))),
      ...(sameNames === undefined
        ? []
        : [
            {
              name: `names ${contentHash(...names)}`,
              limit: sameNames,
              what: "certificates with the very same names",
            },
          ]),
    ];
  }
}

function permit({
  source,
  buckets,
  counts,
  nowMs,
}: {
  readonly source: OrderSource;
  readonly buckets: readonly Bucket[];
  readonly counts: Counts;
  readonly nowMs: number;
}): Permission {
  const kept = counts[blockedName(source.account)] ?? 0;
  // One that ends later was begun by a clock that was set back since.
  const blockedMs = kept > nowMs + longestBlockMs ? 0 : kept;
  const waits = buckets.map(({ name, limit, what }) => {
    const wait = { limit, fullAtMs: counts[name] ?? 0, nowMs };
    const held = tokensIn(limit, wait.fullAtMs, nowMs);
    const message = `the server allows ${limit.count} ${what}, of which ${held} are left`;
    return { untilMs: nowMs + waitMsFor(1, wait), message };
  });
  const blocked = { untilMs: blockedMs, message: "the server wants to be left alone" };
  const longest = [blocked, ...waits].reduce((a, b) => (b.untilMs > a.untilMs ? b : a));
  if (longest.untilMs <= nowMs) return { kind: "granted" };
  const until = Temporal.Instant.fromEpochMilliseconds(Math.ceil(longest.untilMs));
  const moment = until.toString({ smallestUnit: "second" });
  return { kind: "wait", until, message: `${longest.message}: ordered at ${moment}` };
}

/** No bucket is emptier than empty: what says so was counted by a clock that was set back since. */
function believable(buckets: readonly Bucket[], counts: Counts, nowMs: number): Counts {
  const wrong = buckets.flatMap(({ name, limit: { count, refillMs } }) => {
    const mostMs = nowMs + count * refillMs;
    return (counts[name] ?? 0) > mostMs ? [[name, mostMs] as const] : [];
  });
  return wrong.length === 0 ? counts : { ...counts, ...Object.fromEntries(wrong) };
}

function taken(buckets: readonly Bucket[], counts: Counts, nowMs: number): Counts {
  if (buckets.length === 0) return counts;
  const less = buckets.map(
    ({ name, limit }) => [name, takeToken(limit, counts[name] ?? 0, nowMs)] as const,
  );
  return { ...counts, ...Object.fromEntries(less) };
}

function accountName(account: string): string {
  return `account ${account}`;
}

function failedName(name: string): string {
  return `failed ${name.toLowerCase()}`;
}

function blockedName(account: string): string {
  return `blocked ${account}`;
}
