/**
 * What an ACME server allows an account, counted before it is asked. The counts are kept in the store, one Secret a server (rights
 * to these are there anyway), so that a restart does not begin anew; issuers that share a server share them, those that share a key their account's, too.
 */

import { contentHash } from "#base/content-hash.ts";
import { isJsonObject, type Json, type JsonObject } from "#base/json.ts";
import { read } from "#kinds/kind.ts";
import type { KubeObject, ObjectKey } from "#kinds/object.ts";
import { secretKind, secretValue } from "#kinds/secret.ts";
import { StoreError } from "#store/object-store.ts";
import type { AcmeDeps } from "../acme-deps.ts";
import { parseJson } from "../client/json-text.ts";
import type { NewOrder } from "../client/orders.ts";
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

/** Name of a bucket → when it is full again. `blocked ACCOUNT`: until when the server wants to hear nothing. */
type Counts = Readonly<Record<string, number>>;

type Deps = Pick<AcmeDeps, "store" | "clock" | "clusterResourceNamespace">;

/** A failure that nobody tried to mend for so long is forgotten. */
const failureLifeMs = 7 * 24 * 3_600_000;

/** No limit that a server tells lasts longer. */
const longestBlockMs = 7 * 24 * 3_600_000;

/** What the names of these Secrets begin with. */
export const limitsPrefix = "sekisho-acme-limits-";

/** Conflicts are with other orders of the same moment. */
const maxTries = 20;

export class OrderLimits {
  readonly #deps: Deps;
  readonly #limitsOf: (directory: string) => ServerLimits;

  constructor(deps: Deps, limitsOf: (directory: string) => ServerLimits) {
    this.#deps = deps;
    this.#limitsOf = limitsOf;
  }

  /** Counts an order, if it is allowed now; called for each right before it is sent. */
  async take(source: OrderSource, order: NewOrder): Promise<Permission> {
    const buckets = this.#bucketsOf(source, order);
    let permission: Permission = { kind: "granted" };
    await this.#change(source, (kept, nowMs) => {
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
    await this.#change(source, (counts, nowMs) => {
      const more = buckets.map(
        ({ name, limit }) => [name, returnToken(limit, counts[name] ?? 0, nowMs)] as const,
      );
      return { ...counts, ...Object.fromEntries(more) };
    });
  }

  /** The server wants to hear nothing of an account for so long. */
  async block({ directory, account }: OrderSource, wait: Temporal.Duration): Promise<void> {
    const waitMs = Math.min(Math.ceil(wait.total("milliseconds")), longestBlockMs);
    await this.#change({ directory, account }, (counts, nowMs) => ({
      ...counts,
      [blockedName(account)]: nowMs + waitMs,
    }));
  }

  /** Names could not be shown to be ours: they are tried elsewhere first for a while. */
  async noteFailure(source: OrderSource, names: readonly string[]): Promise<void> {
    await this.#change(source, (counts, nowMs) => ({
      ...counts,
      ...Object.fromEntries(names.map((name) => [failedName(name), nowMs + failureLifeMs])),
    }));
  }

  /** Names were shown to be ours elsewhere. */
  async forgetFailure(source: OrderSource, names: readonly string[]): Promise<void> {
    await this.#change(source, (counts) => ({
      ...counts,
      ...Object.fromEntries(names.map((name) => [failedName(name), 0])),
    }));
  }

  /** Whether one of the names failed and was not shown to be ours elsewhere since. */
  async hasFailed({ directory }: OrderSource, names: readonly string[]): Promise<boolean> {
    const counts = countsIn(await this.#deps.store.get(this.#key(directory)));
    const nowMs = this.#deps.clock.now().epochMilliseconds;
    return names.some((name) => (counts[failedName(name)] ?? 0) > nowMs);
  }

  /** Whether so many orders would be allowed, and when. */
  async forecast(source: OrderSource, orders: readonly NewOrder[]): Promise<Forecast> {
    const nowMs = this.#deps.clock.now().epochMilliseconds;
    let counts = countsIn(await this.#deps.store.get(this.#key(source.directory)));
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

  /** Changes the counts in place of those that were read, as often as somebody else was faster. */
  async #change(
    { directory }: OrderSource,
    change: (counts: Counts, nowMs: number) => Counts | undefined,
  ): Promise<void> {
    const key = this.#key(directory);
    for (let tries = 1; ; tries++) {
      const there = await this.#deps.store.get(key);
      const nowMs = this.#deps.clock.now().epochMilliseconds;
      const before = countsIn(there);
      const counts = change(before, nowMs);
      if (counts === undefined || counts === before) return;
      try {
        return await this.#write(key, { there, directory, counts: living(counts, nowMs) });
      } catch (error) {
        const isRace =
          error instanceof StoreError && (error.code === "conflict" || error.code === "exists");
        if (!isRace || tries === maxTries) throw error;
      }
    }
  }

  async #write(
    key: ObjectKey,
    next: {
      readonly there: KubeObject | undefined;
      readonly directory: string;
      readonly counts: Counts;
    },
  ): Promise<void> {
    const { there, directory, counts } = next;
    const { namespace, name } = key;
    const draft = {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { namespace, name, labels: { "app.kubernetes.io/managed-by": "sekisho" } },
      body: {
        type: "Opaque",
        data: { directory: encoded(directory), counts: encoded(JSON.stringify(counts)) },
      },
    };
    if (there === undefined) await this.#deps.store.create(draft);
    else await this.#deps.store.replace(key, draft, there.metadata.resourceVersion);
  }

  #key(directory: string): ObjectKey {
    const name = `${limitsPrefix}${contentHash(directory).slice(0, 10)}`;
    return { kind: secretKind.id, namespace: this.#deps.clusterResourceNamespace, name };
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

/** A bucket that is full again needs no count. */
function living(counts: Counts, nowMs: number): Counts {
  return Object.fromEntries(Object.entries(counts).filter(([, fullAtMs]) => fullAtMs > nowMs));
}

function encoded(text: string): string {
  return Buffer.from(text).toString("base64");
}

function countsIn(object: KubeObject | undefined): Counts {
  const secret = object === undefined ? undefined : read(secretKind, object).value;
  const bytes = secret === undefined ? undefined : secretValue(secret, "counts");
  const parsed = bytes === undefined ? undefined : parseJson(Buffer.from(bytes).toString());
  if (!isJsonObject(parsed)) return {};
  const numbers = Object.entries(parsed as JsonObject).filter(
    (entry): entry is [string, number & Json] => typeof entry[1] === "number",
  );
  return Object.fromEntries(numbers);
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
