import assert from "node:assert/strict";
import { test } from "node:test";
import { type ListenAddress, parseListenAddress } from "./listen-address.ts";

const readings: Readonly<Record<string, ListenAddress | undefined>> = {
  "9464": { host: "127.0.0.1", port: 9464 },
  "0.0.0.0:9464": { host: "0.0.0.0", port: 9464 },
  "[::1]:9464": { host: "::1", port: 9464 },
  "localhost:9464": undefined,
  "::1:9464": undefined,
  "[:::1]:9464": undefined,
  "127.0.0.256:9464": undefined,
  "127.0.0.1:0": undefined,
  "127.0.0.1:65536": undefined,
  "127.0.0.1": undefined,
  ":9464": undefined,
  "": undefined,
};

for (const [text, address] of Object.entries(readings)) {
  test(`${JSON.stringify(text)} is ${address === undefined ? "refused" : `${address.host} port ${address.port}`}`, () => {
    assert.deepEqual(parseListenAddress(text), address);
  });
}
