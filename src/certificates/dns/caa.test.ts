import assert from "node:assert/strict";
import { test } from "node:test";
import { caaObjection, type IssuanceWish } from "./caa.ts";
import { type CaaProperty, readRecord } from "./record.ts";

const wish: IssuanceWish = {
  authorities: ["ca.test"],
  isWildcard: false,
  method: "http-01",
  account: "https://ca.test/a/1",
};

function property(tag: string, value: string, isCritical = false): CaaProperty {
  return { tag, value, isCritical };
}

const cases: Readonly<
  Record<string, readonly [readonly CaaProperty[], Partial<IssuanceWish>, string | undefined]>
> = {
  "records that name nobody allow everybody": [
    [property("iodef", "mailto:a@b.test")],
    {},
    undefined,
  ],
  "the authority is named": [[property("issue", "CA.test")], {}, undefined],
  "another one is named": [[property("issue", "b.test")], {}, "let b.test alone issue"],
  "one of several is the authority": [
    [property("issue", "b.test"), property("issue", "ca.test")],
    {},
    undefined,
  ],
  "nobody may": [[property("issue", ";")], {}, "let nobody issue"],
  "for a wildcard what is said of wildcards counts": [
    [property("issue", "ca.test"), property("issuewild", ";")],
    { isWildcard: true },
    "let nobody issue",
  ],
  "for a name what is said of wildcards does not": [
    [property("issue", "ca.test"), property("issuewild", ";")],
    {},
    undefined,
  ],
  "for a wildcard what is said of all counts else": [
    [property("issue", "b.test")],
    { isWildcard: true },
    "let b.test alone issue",
  ],
  "another method": [
    [property("issue", "ca.test; validationmethods=dns-01")],
    {},
    "let names be proved by dns-01 alone",
  ],
  "one of the methods": [
    [property("issue", "ca.test; validationmethods=dns-01,http-01")],
    {},
    undefined,
  ],
  "another account": [
    [property("issue", "ca.test; accounturi=https://ca.test/a/2")],
    {},
    "let another account alone ask for certificates",
  ],
  "the account": [[property("issue", "ca.test; accounturi=https://ca.test/a/1")], {}, undefined],
  "a critical property that nobody knows": [
    [property("issue", "ca.test"), property("tbs", "1", true)],
    {},
    "have the critical property tbs, which nobody knows",
  ],
};

for (const [what, [properties, more, objection]] of Object.entries(cases))
  test(`CAA: ${what}`, () => {
    assert.equal(caaObjection(properties, { ...wish, ...more }), objection);
  });

test("a CAA record is read as RFC 8659 writes it, and one that is cut off is none", () => {
  const content = Buffer.concat([Buffer.from([0x80, 5]), Buffer.from("Issueca.test")]);
  const record = (length: number): Buffer =>
    Buffer.concat([
      Buffer.from([0, 1, 1, 0, 1, 0, 0, 0, 60, 0, length]),
      content.subarray(0, length),
    ]);
  assert.deepEqual(readRecord(record(content.length), 0)?.data, {
    ...{ type: "CAA", isCritical: true, tag: "issue", value: "ca.test" },
  });
  assert.equal(readRecord(record(4), 0), undefined);
});
