/**
 * Asks whoever signed when certificates are to be renewed, beside the work on Certificates: who answers slowly holds
 * nothing else up. What was answered is kept in memory until the Certificate is looked at again.
 */

import type { Clock } from "#runtime/clock.ts";
import type { Log } from "#runtime/telemetry/log.ts";
import { errorText, logFields } from "#runtime/telemetry/log-fields.ts";
import type { RenewalAnswer } from "../issuers/issuer.ts";
import { pauseAfterAnswerMs, pauseAfterFailureMs } from "../policies/inquiry-time.ts";
import { uidFraction } from "../uid-fraction.ts";

export interface Subject {
  /** Of the Certificate. */
  readonly uid: string;
  /** The Certificate as `formatKey` gives it. */
  readonly key: string;
  /** Of what is in its Secret, DER. */
  readonly certificate: Uint8Array;
}

export interface Answered {
  readonly answer: RenewalAnswer;
  readonly asked: Temporal.Instant;
  /** How often in a row it could not be asked. */
  readonly failures: number;
}

export interface Standing {
  /** Absent: it was not asked about this certificate yet. */
  readonly last?: Answered;
  /** When it is asked next; absent: it is being asked. */
  readonly next?: Temporal.Instant;
}

export interface InquiryDeps {
  readonly clock: Clock;
  readonly log: Log;
  /** Something has become known for a Certificate (`formatKey`). */
  readonly answered: (key: string) => void;
}

interface Inquiry extends Standing {
  readonly certificate: Uint8Array;
}

/** Servers take more; what waits a little loses nothing. */
const atOnce = 8;

export class RenewalInquiries {
  readonly #deps: InquiryDeps;
  readonly #inquiries = new Map<string, Inquiry>();
  readonly #waiting: (() => Promise<void>)[] = [];
  readonly #running = new Set<Promise<void>>();
  readonly #closing = new AbortController();

  constructor(deps: InquiryDeps) {
    this.#deps = deps;
  }

  /** How it stands about a certificate; it is asked when that is due, for the first time at `first`. */
  about(
    subject: Subject,
    first: Temporal.Instant,
    ask: (signal: AbortSignal) => Promise<RenewalAnswer>,
  ): Standing {
    const { uid, certificate } = subject;
    const known = this.#inquiries.get(uid);
    const isSame = known !== undefined && Buffer.compare(known.certificate, certificate) === 0;
    const inquiry: Inquiry = isSame ? known : { certificate, next: first };
    if (inquiry.next === undefined) return inquiry;
    const isDue = Temporal.Instant.compare(inquiry.next, this.#deps.clock.now()) <= 0;
    if (!isDue) {
      this.#inquiries.set(uid, inquiry);
      return inquiry;
    }
    const { next: _, ...asking } = inquiry;
    this.#inquiries.set(uid, asking);
    this.#waiting.push(() => this.#ask(subject, asking, ask));
    this.#startNext();
    return asking;
  }

  /** The Certificate is gone. */
  forget(uid: string): void {
    this.#inquiries.delete(uid);
  }

  /** Resolves when nobody is being asked; whether somebody was. */
  async settled(): Promise<boolean> {
    const wasAsking = this.#running.size > 0;
    while (this.#running.size > 0) await Promise.all(this.#running);
    return wasAsking;
  }

  async close(): Promise<void> {
    this.#waiting.length = 0;
    this.#closing.abort();
    await this.settled();
  }

  #startNext(): void {
    while (this.#running.size < atOnce) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      const running = next().finally(() => {
        this.#running.delete(running);
        this.#startNext();
      });
      this.#running.add(running);
    }
  }

  async #ask(
    { uid, key }: Subject,
    asking: Inquiry,
    ask: (signal: AbortSignal) => Promise<RenewalAnswer>,
  ): Promise<void> {
    const answer = await this.#answerOf(ask);
    // Another certificate took its place, or it is gone.
    if (this.#inquiries.get(uid) !== asking || this.#closing.signal.aborted) return;
    const failures = answer.kind === "outage" ? (asking.last?.failures ?? 0) + 1 : 0;
    const pauseMs =
      answer.kind === "outage"
        ? pauseAfterFailureMs(failures, answer.retryAfter)
        : pauseAfterAnswerMs(
            answer.kind === "window" ? answer.retryAfter : undefined,
            uidFraction(uid, "ari-check"),
          );
    const asked = this.#deps.clock.now();
    this.#inquiries.set(uid, {
      certificate: asking.certificate,
      last: { answer, asked, failures },
      next: asked.add({ milliseconds: pauseMs }),
    });
    this.#deps.answered(key);
  }

  /** A mistake of ours ends no gate: it is told, and what is known holds on. */
  async #answerOf(ask: (signal: AbortSignal) => Promise<RenewalAnswer>): Promise<RenewalAnswer> {
    try {
      return await ask(this.#closing.signal);
    } catch (error) {
      const message = errorText(error);
      this.#deps.log.error("when to renew was not asked", { [logFields.error]: message });
      return { kind: "outage", message };
    }
  }
}
