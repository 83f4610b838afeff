/** One loopback address a pod, out of a /16 of 127.0.0.0/8 that belongs to the data directory. */

import { contentHash } from "#base/content-hash.ts";

/** The first two octets of a block: `127.93`. */
export type AddressBlock = string;

/** 250 times 250 host numbers: no octet is 0 or 255, and the block's top is left for the gateway. */
const perOctet = 250;
const capacity = perOctet * perOctet;

/** The block of a data directory: always the same one, and seldom another directory's (127.2 to 127.251). */
export function addressBlock(dataDirectory: string): AddressBlock {
  const hash = Number.parseInt(contentHash(dataDirectory).slice(0, 8), 16);
  return `127.${2 + (hash % 250)}`;
}

/** The host's own address within the block: pods with a network of their own see requests come from it. */
export function gatewayAddress(block: AddressBlock): string {
  return `${block}.255.254`;
}

/**
 * Gives out addresses in turn, so that one that was just given back is the last to be used again: whoever still
 * holds it for the pod that went meets nobody instead of a stranger.
 */
export class AddressPool {
  readonly #block: AddressBlock;
  readonly #inUse = new Set<string>();
  #next: number;

  /** `next` is what {@link AddressPool.next} said in the last run. */
  constructor(block: AddressBlock, next: number) {
    this.#block = block;
    this.#next = next % capacity;
  }

  /** Where the search for the next address starts: to be kept over restarts. */
  get next(): number {
    return this.#next;
  }

  /** `wanted` when it is of this block and free, else the next free address; undefined when all are in use. */
  take(wanted?: string): string | undefined {
    if (wanted?.startsWith(`${this.#block}.`) && !this.#inUse.has(wanted)) {
      this.#inUse.add(wanted);
      return wanted;
    }
    for (let tried = 0; tried < capacity; tried++) {
      const address = this.#address(this.#next);
      this.#next = (this.#next + 1) % capacity;
      if (this.#inUse.has(address)) continue;
      this.#inUse.add(address);
      return address;
    }
    return undefined;
  }

  /** Keeps an address of an earlier run from being given to another pod. */
  reserve(address: string): void {
    this.#inUse.add(address);
  }

  release(address: string): void {
    this.#inUse.delete(address);
  }

  #address(index: number): string {
    return `${this.#block}.${Math.floor(index / perOctet)}.${1 + (index % perOctet)}`;
  }
}
