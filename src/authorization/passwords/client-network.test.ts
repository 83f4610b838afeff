import assert from "node:assert/strict";
import { test } from "node:test";
import { clientNetwork } from "./client-network.ts";

const networks: Readonly<Record<string, string>> = {
  "192.0.2.1": "192.0.2.1",
  "2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64",
  "2001:db8:1:2::7": "2001:db8:1:2::/64",
  "2001:0db8::7": "2001:db8:0:0::/64",
  "::1": "0:0:0:0::/64",
  "::ffff:192.0.2.1": "192.0.2.1",
  "": "",
};

for (const [address, network] of Object.entries(networks)) {
  test(`${address === "" ? "no address" : address} is a client of ${network}`, () => {
    assert.equal(clientNetwork(address), network);
  });
}
