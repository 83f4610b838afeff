import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Json } from "../json.ts";
import { readDocuments } from "./document-stream.ts";
import { defaultYamlLimits, drain, readYaml, readYamlInSlices } from "./read-yaml.ts";

function valueOf(text: string): Json {
  const result = readYaml(text);
  assert.ok(result.ok, `${JSON.stringify(text)} cannot be read: ${JSON.stringify(result)}`);
  return result.value.value;
}

function problemOf(text: string, limits = defaultYamlLimits): string {
  const result = readYaml(text, limits);
  assert.ok(!result.ok, `${JSON.stringify(text.slice(0, 80))} was read`);
  return `${result.error.code} at ${result.error.offset}: ${result.error.message}`;
}

const meanings: Readonly<Record<string, readonly [string, Json]>> = {
  "yes, on and y are true, no, off and n false": [
    "[yes, On, y, no, OFF, N]",
    [true, true, true, false, false, false],
  ],
  "a leading zero means octal": ["[0400, 0o400, 08]", [256, 256, 8]],
  "underscores and prefixes are part of numbers": ["[1_000, 0x1F, 0b11]", [1000, 31, 3]],
  "times and dates are text": ["[22:22, 2001-01-01]", ["22:22", "2001-01-01"]],
  "keys become text": ["{1: a, yes: b, 1.5: c}", { 1: "a", true: "b", 1.5: "c" }],
  "<< brings entries that later ones replace": [
    "x: &x {a: 1, b: 2}\nz: {<<: *x, b: 3}",
    { x: { a: 1, b: 2 }, z: { a: 1, b: 3 } },
  ],
  "<< replaces what stands before it": ["{b: 1, <<: {b: 2}}", { b: 2 }],
  "the last of two equal keys counts": ["a: 1\na: 2", { a: 2 }],
  "!!binary is decoded": ["!!binary aMOp", "hé"],
  "!!str keeps the text": ["[!!str 12, !!str yes]", ["12", "yes"]],
  "flow collections need no indentation": ["a: {\nb: [\n1\n]\n}", { a: { b: [1] } }],
  "quoted text needs no indentation": ['a: "b\nc"', { a: "b c" }],
  "a text without a document is null": ["# nothing\n", null],
};
for (const [sentence, [text, value]] of Object.entries(meanings)) {
  test(sentence, () => assert.deepEqual(valueOf(text), value));
}

test("a key named __proto__ is a key", () => {
  const value = valueOf("__proto__: {a: 1}\nb: 2");
  assert.deepEqual(Object.keys(value ?? {}), ["__proto__", "b"]);
  assert.equal(Object.getPrototypeOf(value), Object.prototype);
});

test("an alias that is in its own anchor is refused", () => {
  assert.match(problemOf("a: &x [*x]"), /contains itself/);
});

/** Nine anchors of nine aliases each: 9⁹ values in a few hundred bytes. */
function billionLaughs(): string {
  const line = (level: number): string =>
    `a${level}: &a${level} [${Array.from({ length: 9 }, () => (level === 0 ? "lol" : `*a${level - 1}`)).join(", ")}]`;
  return Array.from({ length: 9 }, (_, level) => line(level)).join("\n");
}

test("a document that grows by its aliases is refused before it has grown", () => {
  assert.match(problemOf(billionLaughs()), /^limit .*repeat too much/);
  const merges = billionLaughs()
    .replaceAll("[", "{<<: [")
    .replaceAll("]", "]}")
    .replaceAll("lol", "{b: 1}");
  assert.match(problemOf(merges), /^limit /);
});

test("values are counted, those that aliases repeat each time", () => {
  const limits = { ...defaultYamlLimits, maxNodes: 100 };
  assert.match(problemOf("- a\n".repeat(100), limits), /^limit .*more than 100 values/);
  assert.match(problemOf(`a: &a [${"1, ".repeat(30)}]\nb: [*a, *a, *a]`, limits), /^limit /);
  assert.ok(readYaml("- a\n".repeat(99), limits).ok);
});

test("nesting has an end in every form, however far it goes on", () => {
  const levels = 100_000;
  const forms = ["[", "{a: ", "- ", "? ", "[{a: "];
  for (const form of forms) assert.match(problemOf(form.repeat(levels)), /^limit .*nested/, form);
  const indented = Array.from({ length: 1000 }, (_, depth) => `${" ".repeat(depth)}a:`).join("\n");
  assert.match(problemOf(indented), /^limit .*nested/);
  const chain = Array.from({ length: 400 }, (_, index) => `- &a${index + 1} [*a${index}]`).join(
    "\n",
  );
  assert.match(problemOf(`- &a0 x\n${chain}`), /^limit /);
  const documents = [...readDocuments('{"a":'.repeat(levels), defaultYamlLimits)];
  assert.equal(documents.at(-1)?.result.ok, false);
  const json = [
    ...readDocuments(`${'{"a":['.repeat(levels)}${"]}".repeat(levels)}`, defaultYamlLimits),
  ];
  assert.equal(json.at(-1)?.result.ok, false);
});

test("100,000 entries are no limit", () => {
  assert.equal(Object.keys(valueOf("- a\n".repeat(100_000)) ?? {}).length, 100_000);
  const keys = Array.from({ length: 100_000 }, (_, index) => `k${index}: 1\n`).join("");
  assert.equal(Object.keys(valueOf(keys) ?? {}).length, 100_000);
});

/** The number of pauses stands for the work done: each one is a fixed number of steps. */
function pausesFor(text: string): number {
  const slices = readYamlInSlices(text, defaultYamlLimits);
  let pauses = 0;
  while (slices.next().done !== true) pauses += 1;
  return pauses;
}

test("work grows with the text and not with its square", () => {
  const forms = ["- a\n", "[a], ", "&a a: *a\n", "? ", "a: b\n", "- - b\n", "'x' : y\n"];
  for (const form of forms) {
    const small = pausesFor(form.repeat(20_000));
    assert.ok(pausesFor(form.repeat(40_000)) <= 2 * small + 2, form);
  }
});

test("a large document pauses now and then", () => {
  assert.ok(pausesFor("- a\n".repeat(100_000)) >= 20);
  assert.equal(pausesFor("a: 1"), 0);
});

test("a control character is reported where it stands", () => {
  assert.match(problemOf("a: b\u0000"), /at 4: .*U\+0000/);
});

test("no text makes the reader throw, and every problem stands in the text", () => {
  const parts = fc.constantFrom(
    ..."[]{}:,-?&*!|>'\"%@`#~<= \n\ta1é\u2028\ufeff\r".split(""),
    "- ",
    ": ",
    "<<: ",
    "--- ",
    "...\n",
  );
  const texts = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.array(parts, { maxLength: 30 }).map((pieces) => pieces.join("")),
  );
  fc.assert(
    fc.property(texts, (text) => {
      const result = readYaml(text);
      if (!result.ok) assert.ok(result.error.offset >= 0 && result.error.offset <= text.length + 1);
      assert.deepEqual(drain(readYamlInSlices(text, defaultYamlLimits)), result);
      for (const document of readDocuments(text, defaultYamlLimits)) {
        if (document !== undefined) assert.ok(document.start <= document.end);
      }
    }),
    { numRuns: 5000 },
  );
});

test("JSON read as JSON is what JSON.parse reads", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
      const [document] = readDocuments(JSON.stringify(value), defaultYamlLimits);
      assert.ok(document?.result.ok);
      assert.equal(document.language, "json");
      assert.deepEqual(document.result.value.value, JSON.parse(JSON.stringify(value)));
    }),
    { numRuns: 1000 },
  );
});
