/** The responses of one type that a proxy was sent and has not answered. */

import type { Trial } from "../quarantine/trial.ts";

/** Names with the version sent; `absentVersion` for a removal. */
export type SentVersions = ReadonlyMap<string, string>;

export interface SentResponse {
  readonly versions: SentVersions;
  /** The oldest change that it carries. */
  readonly since: number;
  /** Sent to find out what was refused. */
  readonly trial?: Trial;
}

interface Open extends SentResponse {
  /** Names in it that were given up or asked for again since: the answer says nothing about them. */
  readonly overtaken: Set<string>;
  /** The proxy takes its time: it is no longer waited for. */
  overdue: boolean;
}

export interface Answered extends SentResponse {
  readonly overtaken: ReadonlySet<string>;
}

export class UnansweredResponses {
  readonly #open = new Map<string, Open>();

  get count(): number {
    return this.#open.size;
  }

  add(nonce: string, response: SentResponse): void {
    this.#open.set(nonce, { ...response, overtaken: new Set(), overdue: false });
  }

  /** The proxy answers; undefined when the nonce is not one of ours. */
  answer(nonce: string): Answered | undefined {
    const found = this.#open.get(nonce);
    this.#open.delete(nonce);
    return found;
  }

  /** The answer takes long: go on without it. */
  overdue(nonce: string): void {
    const found = this.#open.get(nonce);
    if (found !== undefined) found.overdue = true;
  }

  /** True while one is on its way that is worth waiting for, or too many are. */
  isBusy(most: number): boolean {
    if (this.#open.size >= most) return true;
    for (const { overdue } of this.#open.values()) if (!overdue) return true;
    return false;
  }

  /** No answer to what is on its way says anything about the name any more. */
  overtake(name: string): void {
    for (const { overtaken } of this.#open.values()) overtaken.add(name);
  }

  /** Whether a name is on its way, in this version where one is given, with a change up to that revision. */
  carries(name: string, { version, revision }: { version?: string; revision?: number }): boolean {
    for (const { versions, overtaken, since } of this.#open.values()) {
      const sent = versions.get(name);
      if (sent === undefined || overtaken.has(name)) continue;
      if (version !== undefined && sent !== version) continue;
      if (revision === undefined || since <= revision) return true;
    }
    return false;
  }

  /** The oldest change on its way; infinite when there is none. */
  oldest(): number {
    let oldest = Number.POSITIVE_INFINITY;
    for (const { since } of this.#open.values()) oldest = Math.min(oldest, since);
    return oldest;
  }
}
