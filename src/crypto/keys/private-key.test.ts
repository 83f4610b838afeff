/** How private keys are written. */

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  formatKey,
  generatePrivateKey,
  importPrivateKey,
  type KeyChoice,
  keyLabel,
} from "./private-key.ts";

const choices: readonly KeyChoice[] = [
  { algorithm: "RSA", size: 2048 },
  { algorithm: "ECDSA", size: 256 },
  { algorithm: "Ed25519", size: 0 },
];

for (const choice of choices) {
  for (const encoding of ["PKCS1", "PKCS8"] as const) {
    test(`the label of a key of ${choice.algorithm} in ${encoding} is the one that it is written with`, () => {
      const key = importPrivateKey(generatePrivateKey(choice));
      const [first] = Buffer.from(formatKey(key, encoding).reveal()).toString().split("\n");
      assert.equal(first, `-----BEGIN ${keyLabel(key, encoding)}-----`);
    });
  }
}
