/** Jobs of many clients, few at a time: the clients take turns, so that one who asks for much waits for himself. */

export interface QueueLimits {
  /** Jobs that run at once. */
  readonly parallel: number;
  /** Jobs of one client that wait. */
  readonly waitingOfOne: number;
  /** Jobs of all clients that wait. */
  readonly waiting: number;
}

export class FairQueue {
  readonly #limits: QueueLimits;
  /** The client whose turn is next is the first. */
  readonly #waiting = new Map<string, (() => void)[]>();
  #waitingCount = 0;
  #running = 0;

  constructor(limits: QueueLimits) {
    this.#limits = limits;
  }

  /** Runs the job when it is the client's turn; undefined at once when there is no room for it. */
  async run<T>(client: string, job: () => Promise<T>): Promise<T | undefined> {
    if (this.#running >= this.#limits.parallel) {
      const turn = this.#enqueue(client);
      if (turn === undefined) return undefined;
      await turn;
    } else this.#running += 1;
    try {
      return await job();
    } finally {
      this.#next();
    }
  }

  #enqueue(client: string): Promise<void> | undefined {
    const own = this.#waiting.get(client) ?? [];
    const { waitingOfOne, waiting } = this.#limits;
    if (own.length >= waitingOfOne || this.#waitingCount >= waiting) return undefined;
    const { promise, resolve } = Promise.withResolvers<void>();
    own.push(resolve);
    this.#waitingCount += 1;
    this.#waiting.set(client, own);
    return promise;
  }

  /** The place of a job that ended goes to the next client, who then moves behind all others. */
  #next(): void {
    const [first] = this.#waiting;
    if (first === undefined) {
      this.#running -= 1;
      return;
    }
    const [client, own] = first;
    const start = own.shift();
    this.#waitingCount -= 1;
    this.#waiting.delete(client);
    if (own.length > 0) this.#waiting.set(client, own);
    start?.();
  }
}
