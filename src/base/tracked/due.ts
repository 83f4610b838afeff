/** What is to be done, first come first served; taking one costs the same however many there are. */

export class Due<T> {
  #waiting: (T | undefined)[] = [];
  #next = 0;

  get isEmpty(): boolean {
    return this.#next === this.#waiting.length;
  }

  add(one: T): void {
    this.#waiting.push(one);
  }

  /** Undefined when there is none. */
  take(): T | undefined {
    if (this.isEmpty) return undefined;
    const one = this.#waiting[this.#next];
    this.#waiting[this.#next] = undefined;
    this.#next++;
    if (this.isEmpty) {
      this.#waiting = [];
      this.#next = 0;
    }
    return one;
  }
}
