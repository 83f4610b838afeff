import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { seeded } from "#test/properties/seeded.ts";
import {
  element,
  namedBits,
  objectIdentifier,
  sequence,
  setOf,
  smallInteger,
  unsignedInteger,
} from "./der.ts";
import { readElement, readElements } from "./der-reader.ts";
import { derTime } from "./der-time.ts";

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

function contentOf(whole: Uint8Array): Uint8Array {
  const read = readElement(whole);
  assert.ok(read.ok, "it can be read");
  return read.value.content;
}

test("lengths take as few bytes as they need", () => {
  for (const [size, head] of [
    [0, "0400"],
    [127, "047f"],
    [128, "048180"],
    [255, "0481ff"],
    [256, "04820100"],
    [65_535, "0482ffff"],
    [65_536, "0483010000"],
  ] as const) {
    assert.equal(hex(element(4, new Uint8Array(size))).slice(0, head.length), head);
  }
});

test("what was written is read back whole, whatever its length", (context) => {
  const content = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.integer({ min: 0, max: 70_000 }).map((size) => new Uint8Array(size)),
  );
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 30 }), content, fc.array(content), (tag, bytes, more) => {
      assert.deepEqual(hex(contentOf(element(tag, bytes))), hex(bytes));
      const parts = readElements(contentOf(sequence(...more.map((one) => element(4, one)))));
      assert.ok(parts.ok, "the parts can be read");
      assert.deepEqual(
        parts.value.map((part) => hex(part.content)),
        more.map(hex),
      );
    }),
    seeded(context, 0.3),
  );
});

test("an integer is the number that BigInt makes of it, minimal and never negative", (context) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 20 }), (bytes) => {
      const content = contentOf(unsignedInteger(bytes));
      assert.equal(BigInt(`0x0${hex(content)}`), BigInt(`0x0${hex(bytes)}`));
      const [first = 0, second = 0] = content;
      assert.ok(first < 0x80, "no sign bit");
      assert.ok(content.length === 1 || first !== 0 || second >= 0x80, "no superfluous zero");
    }),
    seeded(context),
  );
  assert.equal(hex(smallInteger(128)), "02020080");
  assert.throws(() => smallInteger(-1), /no whole number/);
});

test("what is cut short, has bytes behind it or a length of another form is refused", (context) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(), (bytes, at) => {
      const whole = element(4, bytes);
      assert.equal(readElement(whole.subarray(0, at % whole.length)).ok, false);
      assert.equal(readElement(Buffer.concat([whole, Uint8Array.of(0)])).ok, false);
    }),
    seeded(context, 0.3),
  );
  for (const text of ["0480", "048100", "04817f", "04820001", "3f0100", "048500000000010a"])
    assert.equal(readElement(Buffer.from(text, "hex")).ok, false, text);
});

test("reading never throws", (context) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      readElement(bytes);
      readElements(bytes);
    }),
    seeded(context),
  );
});

test("named bits end with the last that is set", () => {
  assert.equal(hex(namedBits([])), "030100");
  assert.equal(hex(namedBits([0])), "03020780");
  assert.equal(hex(namedBits([5, 6])), "03020106");
  assert.equal(hex(namedBits([8])), "0303070080");
});

test("object identifiers, and sets in the order of their bytes", () => {
  assert.equal(hex(objectIdentifier("2.5.29.15")), "0603551d0f");
  assert.equal(hex(objectIdentifier("1.2.840.10045.4.3.2")), "06082a8648ce3d040302");
  assert.throws(() => objectIdentifier("1"), /no object identifier/);
  assert.equal(hex(setOf(smallInteger(2), smallInteger(1))), "3106020101020102");
});

test("a time is a UTCTime through 2049 and a GeneralizedTime after, in whole seconds", () => {
  const text = (moment: string): string => {
    const bytes = derTime(Temporal.Instant.from(moment));
    return `${bytes[0]} ${Buffer.from(bytes.subarray(2)).toString("latin1")}`;
  };
  assert.equal(text("1950-01-01T00:00:00Z"), "23 500101000000Z");
  assert.equal(text("2026-11-24T20:01:02.999Z"), "23 261124200102Z");
  assert.equal(text("2049-12-31T23:59:59.999Z"), "23 491231235959Z");
  assert.equal(text("2050-01-01T00:00:00Z"), "24 20500101000000Z");
  assert.throws(() => text("1949-12-31T23:59:59Z"), /the year 1949/);
});
