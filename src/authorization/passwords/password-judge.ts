/**
 * Who may log in by a password file, judged so that guessing costs the guesser:
 *
 *   known right or wrong before   answered from memory, without a hash
 *   budget of the client spent    turned away, without a hash
 *   else                          hashed by few threads, clients taking turns
 *
 * Verdicts are remembered under a keyed hash of file, user and password: the key is this process's own, so that what is in
 * memory tells nobody a password.
 */

import { BoundedMap } from "#base/bounded-map.ts";
import { keyedHash } from "#crypto/keyed-hash.ts";
import type { Clock } from "#runtime/clock.ts";
import type { PasswordFile, StoredHash } from "../htpasswd.ts";
import { FairQueue, type QueueLimits } from "./fair-queue.ts";
import { GuessBudget, type GuessLimits } from "./guess-budget.ts";
import type { HashQuestion } from "./hash-worker.ts";

/** `exhausted`: the client guessed too often; `busy`: too many wait. Neither says whether the password is right. */
export type PasswordVerdict = "right" | "wrong" | "exhausted" | "busy";

export interface Guess {
  readonly user: string;
  readonly password: string;
  /** Who asks: an address. */
  readonly client: string;
}

export interface PasswordJudgeDeps {
  readonly clock: Clock;
  /** 32 random bytes of this process. */
  readonly key: Uint8Array;
  /** Slow; rejects when it cannot be said. */
  readonly verify: (question: HashQuestion) => Promise<boolean>;
}

export interface JudgeLimits {
  readonly queue: QueueLimits;
  readonly guesses?: GuessLimits;
}

/** A right password is hashed again after so long. */
const rightForMs = 5 * 60_000;
/** A wrong one that is sent over and over, as by a program nobody told of the new one. */
const wrongForMs = 60_000;
const mostVerdicts = 20_000;

export class PasswordJudge {
  readonly #deps: PasswordJudgeDeps;
  readonly #queue: FairQueue;
  readonly #budget: GuessBudget;
  /** Keyed hash → until when. Right and wrong apart: guesses push out no right password. */
  readonly #right = new BoundedMap<string, number>(mostVerdicts);
  readonly #wrong = new BoundedMap<string, number>(mostVerdicts);
  readonly #underWay = new Map<string, Promise<PasswordVerdict>>();

  constructor(deps: PasswordJudgeDeps, limits: JudgeLimits) {
    this.#deps = deps;
    this.#queue = new FairQueue(limits.queue);
    this.#budget = new GuessBudget(deps.clock, limits.guesses);
  }

  async judge(file: PasswordFile, guess: Guess): Promise<PasswordVerdict> {
    const hash = file.users.get(guess.user);
    const { key, clock } = this.#deps;
    // By the hash, not by the file: what was right stays so when another user's line changes.
    const name = keyedHash(key, hash?.text ?? "", guess.user, guess.password);
    const now = clock.monotonicMs();
    if ((this.#right.get(name) ?? 0) > now) return "right";
    if ((this.#wrong.get(name) ?? 0) > now) return "wrong";
    const underWay = this.#underWay.get(name);
    if (underWay !== undefined) return await underWay;
    if (!this.#budget.take(guess.client)) return "exhausted";
    const verdict = this.#look(hash, standIn(file), guess);
    this.#underWay.set(name, verdict);
    try {
      return this.#remember(name, guess, await verdict);
    } catch (cause) {
      this.#budget.giveBack(guess.client);
      throw cause;
    } finally {
      this.#underWay.delete(name);
    }
  }

  #remember(name: string, { client }: Guess, verdict: PasswordVerdict): PasswordVerdict {
    const now = this.#deps.clock.monotonicMs();
    if (verdict === "wrong") this.#wrong.set(name, now + wrongForMs);
    else this.#budget.giveBack(client);
    if (verdict === "right") this.#right.set(name, now + rightForMs);
    return verdict;
  }

  /** A user who is not there takes as long as one who is. */
  async #look(
    hash: StoredHash | undefined,
    instead: StoredHash | undefined,
    { password, client }: Guess,
  ): Promise<PasswordVerdict> {
    const asked = hash ?? instead;
    if (asked === undefined) return "wrong";
    const isRight = await this.#queue.run(client, () =>
      this.#deps.verify({ hash: asked, password }),
    );
    if (isRight === undefined) return "busy";
    return isRight && hash !== undefined ? "right" : "wrong";
  }
}

/** The slowest hash of the file: that of a user who is not there might have been this one. */
function standIn({ users }: PasswordFile): StoredHash | undefined {
  const hashes = [...users.values()];
  return hashes.find(({ scheme }) => scheme === "bcrypt") ?? hashes[0];
}
