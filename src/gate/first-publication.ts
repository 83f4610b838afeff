/**
 * What is published until everything is: parts, as they are built, so that proxies which begin load them meanwhile.
 *
 * Nothing is published as long as a DNS name in use was not looked up once: nobody knows yet who is behind it.
 */

import type { ResourceChange } from "#envoy/resource.ts";
import type { XdsServer } from "#xds/xds-server.ts";
import type { ExternalNames } from "./ports/external-names.ts";

export class FirstPublication {
  readonly #xds: Pick<XdsServer, "publish" | "begin" | "open">;
  readonly #names: Pick<ExternalNames, "answered" | "areAnswered">;
  #waiting: ResourceChange[] = [];
  #parts: ResourceChange[] = [];
  #isOver = false;

  constructor(
    xds: Pick<XdsServer, "publish" | "begin" | "open">,
    names: Pick<ExternalNames, "answered" | "areAnswered">,
  ) {
    this.#xds = xds;
    this.#names = names;
  }

  /** Takes what is built of the objects that were all listed by now. */
  part(part: ResourceChange): void {
    if (isEmpty(part)) return;
    this.#parts.push(part);
    this.publish(part);
    if (this.#waiting.length === 0) this.#xds.begin();
  }

  /** Takes what changed. */
  publish(change: ResourceChange): void {
    if (isEmpty(change)) return;
    if (!this.#isOver && !this.#names.areAnswered()) {
      this.#waiting.push(change);
      return;
    }
    this.#publishWaiting();
    this.#xds.publish(change);
  }

  /** A change with the parts before it, for those who are to hear of all of it at once. */
  whole(rest: ResourceChange): ResourceChange {
    const all = [...this.#parts, rest];
    this.#parts = [];
    return all.length === 1
      ? rest
      : { set: all.flatMap(({ set }) => set), removed: all.flatMap(({ removed }) => removed) };
  }

  /** Everything was handed over once: proxies may be told so when every DNS name in use has had its time. */
  async complete(): Promise<void> {
    await this.#names.answered();
    this.#isOver = true;
    this.#publishWaiting();
    this.#xds.open();
  }

  #publishWaiting(): void {
    for (const change of this.#waiting) this.#xds.publish(change);
    this.#waiting = [];
  }
}

function isEmpty({ set, removed }: ResourceChange): boolean {
  return set.length === 0 && removed.length === 0;
}
