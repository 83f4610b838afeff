/** Requests at a steady rate over HTTP/1.1, without retries: half on kept connections, half on new ones. */

import http from "node:http";
import type { Clock } from "#runtime/clock.ts";

export interface Asked {
  readonly requests: number;
  /** What was not answered with 200, and how; the first 20. */
  readonly failed: readonly string[];
  readonly failedCount: number;
}

const tick = Temporal.Duration.from({ milliseconds: 10 });
const longestAnswerMs = 20_000;

export class SteadyLoad {
  readonly #clock: Clock;
  readonly #port: number;
  readonly #host: string;
  readonly #path: string;
  readonly #kept = new http.Agent({ keepAlive: true, maxSockets: 8 });
  readonly #open = new Set<Promise<void>>();
  readonly #failed: string[] = [];
  #failedCount = 0;
  #requests = 0;
  #cancel: () => void = () => undefined;

  constructor(clock: Clock, port: number, url: URL) {
    this.#clock = clock;
    this.#port = port;
    this.#host = url.host;
    this.#path = url.pathname;
  }

  /** How many were sent so far. */
  get requests(): number {
    return this.#requests;
  }

  start(perSecond: number): void {
    const began = this.#clock.monotonicMs();
    const send = (): void => {
      const due = Math.floor(((this.#clock.monotonicMs() - began) / 1000) * perSecond);
      for (; this.#requests < due; this.#requests += 1) this.#ask();
      this.#cancel = this.#clock.after(tick, send);
    };
    send();
  }

  /** Ends it once every request has its answer. */
  async stop(): Promise<Asked> {
    this.#cancel();
    await Promise.all(this.#open);
    this.#kept.destroy();
    const { requests } = this;
    return { requests, failed: this.#failed, failedCount: this.#failedCount };
  }

  #ask(): void {
    const isKept = this.#requests % 2 === 0;
    const asked = this.#status(isKept ? this.#kept : false)
      .catch((error: unknown) => (error instanceof Error ? error.message : `${error}`))
      .then((answer) => {
        if (answer === "200") return;
        this.#failedCount += 1;
        if (this.#failed.length < 20)
          this.#failed.push(`${isKept ? "kept" : "new"} connection: ${answer}`);
      })
      .finally(() => this.#open.delete(asked));
    this.#open.add(asked);
  }

  #status(agent: http.Agent | false): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const request = http.get({
      host: "127.0.0.1",
      port: this.#port,
      path: this.#path,
      headers: { host: this.#host },
      agent,
    });
    request.setTimeout(longestAnswerMs, () => request.destroy(new Error("no answer in time")));
    request.once("error", reject);
    request.once("response", (response) => {
      response.resume();
      response.once("end", () => resolve(`${response.statusCode}`));
      response.once("error", reject);
    });
    return promise;
  }
}
