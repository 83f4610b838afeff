import assert from "node:assert/strict";
import { test } from "node:test";
import { cidrRangeOf } from "./network.ts";

const networks: Readonly<Record<string, readonly [address: string, length: number]>> = {
  "10.0.0.0/8": ["10.0.0.0", 8],
  "10.1.2.3": ["10.1.2.3", 32],
  "0.0.0.0/0": ["0.0.0.0", 0],
  "2001:db8::/32": ["2001:db8::", 32],
  "::1": ["::1", 128],
};

for (const [network, [address, length]] of Object.entries(networks)) {
  test(`${network} is ${address} with ${length} bits`, () => {
    const { addressPrefix, prefixLen } = cidrRangeOf(network);
    assert.deepEqual([addressPrefix, prefixLen], [address, length]);
  });
}
