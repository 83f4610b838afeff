/**
 * When programs waited for a processor: what a machine with other work kept from them. The kernel counts it for each
 * thread (schedstat, proc_pid_schedstat(5)), so a program that is slow by itself is not taken for one that was kept waiting.
 */

import { readdirSync, readFileSync } from "node:fs";
import type { Clock } from "#runtime/clock.ts";

const interval = Temporal.Duration.from({ milliseconds: 100 });
const nanosecondsPerMs = 1e6;

interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

export class ProcessorWaits {
  readonly #clock: Clock;
  readonly #pids: () => readonly number[];
  /** By thread: nanoseconds of waiting so far. */
  #counted: ReadonlyMap<string, number> = new Map();
  /** When at least one thread waited, in order, none touching the next. */
  readonly #spans: Span[] = [];
  #cancel: () => void = () => undefined;

  /** `pids`: the programs, looked up each time. */
  constructor(clock: Clock, pids: () => readonly number[]) {
    this.#clock = clock;
    this.#pids = pids;
  }

  start(): void {
    this.#look();
    this.#cancel = this.#clock.after(interval, () => this.start());
  }

  /** Looks for the last time. */
  stop(): void {
    this.#cancel();
    this.#look();
  }

  /** For how much of that time any thread of the programs waited; known for sure once they all have run again. */
  waitedMs(fromMs: number, toMs: number): number {
    let waited = 0;
    for (const span of this.#spans) {
      waited += Math.max(0, Math.min(span.toMs, toMs) - Math.max(span.fromMs, fromMs));
    }
    return waited;
  }

  #look(): void {
    const counted = new Map(this.#pids().flatMap(waitsOfThreads));
    let longest = 0;
    for (const [thread, waited] of counted) {
      longest = Math.max(longest, waited - (this.#counted.get(thread) ?? waited));
    }
    this.#counted = counted;
    const toMs = this.#clock.monotonicMs();
    if (longest > 0) this.#add({ fromMs: toMs - longest / nanosecondsPerMs, toMs });
  }

  /** A wait is counted when it is over: it may have begun before earlier ones ended. */
  #add({ fromMs, toMs }: Span): void {
    let from = fromMs;
    for (;;) {
      const last = this.#spans.at(-1);
      if (last === undefined || last.toMs < from) break;
      from = Math.min(from, last.fromMs);
      this.#spans.pop();
    }
    this.#spans.push({ fromMs: from, toMs });
  }
}

/** Of each thread of a program its nanoseconds of waiting so far. */
function waitsOfThreads(pid: number): readonly (readonly [string, number])[] {
  const tasks = `/proc/${pid}/task`;
  const threads = unlessGone(() => readdirSync(tasks)) ?? [];
  return threads.flatMap((thread) => {
    const counts = unlessGone(() => readFileSync(`${tasks}/${thread}/schedstat`, "utf8"));
    return counts === undefined ? [] : [[`${pid} ${thread}`, Number(counts.split(" ")[1])]];
  });
}

/** Programs and threads end at any time. */
function unlessGone<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ESRCH") return undefined;
    throw error;
  }
}
