import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { readYaml } from "#base/yaml/read-yaml.ts";
import { formatYaml } from "./object-text.ts";

/** Texts that YAML 1.1 reads as something else when they are not quoted, among others. */
const texts = fc.oneof(
  fc.constantFrom(
    "yes",
    "Off",
    "0400",
    "1_000",
    "-_0",
    "0b1",
    "1e3",
    "~",
    "<<",
    "=",
    "2001-01-01",
    "---",
    "... @",
    "--- a",
  ),
  fc.stringMatching(/^[-+.~:?#&*!|>'"%@`{}[\], \n0-9a-fxoeEyYnN_]{0,12}$/),
  fc.string({ unit: "binary-ascii" }),
  fc.string({ unit: "grapheme" }),
);

test("what get and describe print as YAML is read back with the same values", () => {
  const manifests = fc.dictionary(
    texts.filter((key) => key !== "__proto__"),
    fc.oneof(texts, fc.integer(), fc.boolean(), fc.constant(null), fc.array(texts)),
  );
  fc.assert(
    fc.property(manifests, (manifest) => {
      const printed = formatYaml(manifest);
      const read = readYaml(printed);
      assert.ok(read.ok, printed);
      assert.deepEqual(JSON.parse(JSON.stringify(read.value.value)), { ...manifest }, printed);
    }),
    { numRuns: 1000 },
  );
});
