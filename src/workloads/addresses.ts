/** One loopback address a pod, out of a /16 of 127.0.0.0/8 that belongs to the data directory. */

import { contentHash } from "#base/content-hash.ts";

/** The first two octets of a block: `127.93`. */
export type AddressBlock = string;

/** 250 times 250 host numbers: no octet is 0 or 255, and the block's top is left for the gateway. */
const perOctet = 250;
const capacity = perOctet * perOctet;

/** The block of a data directory: always the same one (127.2 to 127.251). */
export function addressBlock(dataDirectory: string): AddressBlock {
  return `127.${2 + (hashOf("block", dataDirectory) % 250)}`;
}

/** Where a data directory begins in its block: two that share one still have addresses of their own. */
export function firstAddress(dataDirectory: string): number {
  return hashOf("first", dataDirectory) % capacity;
}

/** An address above all that pods are given, for what is tried out at start. */
export function trialAddress(dataDirectory: string): string {
  const last = 1 + (hashOf("trial", dataDirectory) % perOctet);
  return `${addressBlock(dataDirectory)}.254.${last}`;
}

function hashOf(what: string, dataDirectory: string): number {
  return Number.parseInt(contentHash(what, dataDirectory).slice(0, 8), 16);
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
  readonly #reserved = new Set<string>();
  #next: number;

  /** `next` is what {@link AddressPool.next} said in the last run, {@link firstAddress} in the first. */
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
      this.#reserved.delete(wanted);
      this.#inUse.add(wanted);
      return wanted;
    }
    for (let tried = 0; tried < capacity; tried++) {
      const address = this.#address(this.#next);
      this.#next = (this.#next + 1) % capacity;
      if (this.#inUse.has(address) || this.#reserved.has(address)) continue;
      this.#inUse.add(address);
      return address;
    }
    return undefined;
  }

  /** Keeps an address of an earlier run for the pod that will ask for it. */
  reserve(address: string): void {
    this.#reserved.add(address);
  }

  /** Gives an address back. */
  release(address: string): void {
    this.#inUse.delete(address);
    this.#reserved.delete(address);
  }

  #address(index: number): string {
    return `${this.#block}.${Math.floor(index / perOctet)}.${1 + (index % perOctet)}`;
  }
}
