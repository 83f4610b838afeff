import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createRandom } from "#runtime/real-random.ts";
import { createManualClock } from "#test/fakes/runtime/manual-clock.ts";
import type { OutboundDoor } from "../outbound/outbound-door.ts";
import { DnsClient, DnsError } from "./dns-client.ts";
import { decodeAnswer, encodeQuestion, encodeUpdate } from "./message.ts";
import { encodeName, isWithin, namesUpwards, readName } from "./name.ts";
import { parseNameserver } from "./nameserver.ts";
import { textContent } from "./record.ts";
import { Resolver } from "./resolver.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const value = <T>(result: { readonly ok: boolean; readonly value?: T }): T => {
  assert.ok(result.ok && result.value !== undefined);
  return result.value;
};

test("a question is as RFC 1035 and RFC 6891 say", () => {
  const question = { id: 0x1234, name: "a.Example.com.", type: "TXT", recursion: true } as const;
  const name = "0161076578616d706c6503636f6d00";
  const plain = value(encodeQuestion({ ...question, extended: false }));
  assert.equal(hex(plain), `12340100000100000000000${0}${name}00100001`);
  const extended = value(encodeQuestion({ ...question, extended: true }));
  assert.equal(hex(extended), `123401000001000000000001${name}00100001000029${"04d0"}000000000000`);
});

test("an update adds one value or removes one value", () => {
  const update = { id: 1, zone: "ex", name: "a.ex", value: "v", ttl: 60 } as const;
  const head = "0001280000010000000100000265780000060001016102657800";
  assert.equal(
    hex(value(encodeUpdate({ ...update, action: "add" }))),
    `${head}001000010000003c00020176`,
  );
  assert.equal(
    hex(value(encodeUpdate({ ...update, action: "remove" }))),
    `${head}001000fe0000000000020176`,
  );
});

test("names that DNS does not have are refused", () => {
  for (const name of ["a..b", `${"x".repeat(64)}.com`, Array(200).fill("ab").join("."), "a b.com"])
    assert.equal(encodeName(name).ok, false, name);
});

test("a pointer leads backwards only, so that no answer is read for ever", () => {
  const message = Buffer.from("0161c0000162c002c006", "hex");
  assert.equal(readName(message, 0), undefined);
  assert.equal(readName(message, 8), undefined);
  const chained = Buffer.concat([Buffer.from("016100", "hex"), Buffer.from("0162c000", "hex")]);
  assert.deepEqual(readName(chained, 3), { name: "b.a", end: 7 });
});

test("long values are several texts of one record", () => {
  assert.equal(hex(textContent("ab")), "026162");
  const long = textContent("x".repeat(300));
  assert.deepEqual([long.length, long[0], long[256]], [302, 255, 45]);
});

test("names are compared without case and final dot, and zones end at dots", () => {
  assert.ok(isWithin("A.Example.com.", "example.COM"));
  assert.ok(!isWithin("aexample.com", "example.com"));
  assert.deepEqual(namesUpwards("A.b.c."), ["a.b.c", "b.c", "c"]);
});

const nameservers: Readonly<Record<string, readonly [string, number] | undefined>> = {
  "ns.example.com": ["ns.example.com", 53],
  "192.0.2.1:": ["192.0.2.1", 53],
  "192.0.2.1:5353": ["192.0.2.1", 5353],
  "[2001:db8::1]:53": ["2001:db8::1", 53],
  "[2001:db8::1]": ["2001:db8::1", 53],
  "2001:db8::1": ["2001:db8::1", 53],
  ":53": undefined,
  "": undefined,
  "a:b:c": undefined,
  "ns:70000": undefined,
};

for (const [text, expected] of Object.entries(nameservers)) {
  test(`the nameserver ${JSON.stringify(text)}`, () => {
    const parsed = parseNameserver(text);
    assert.deepEqual(parsed.ok ? [parsed.value.host, parsed.value.port] : undefined, expected);
  });
}

test("no bytes make the reader of answers throw", () => {
  const header = fc.uint8Array({ minLength: 12, maxLength: 12 });
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
      decodeAnswer(bytes);
    }),
  );
  fc.assert(
    fc.property(header, fc.uint8Array({ maxLength: 200 }), (head, rest) => {
      decodeAnswer(
        Buffer.concat([Uint8Array.of(0, 0, 0x80, 0, 0, 1, 0, 3, 0, 1, 0, 1), head, rest]),
      );
    }),
  );
});

/** `name type content`: what a server may put into an answer, in whatever place. */
const oddRecords: readonly (readonly [string, number, Uint8Array])[] = [
  ["www.example.com", 5, Buffer.from("016100", "hex")],
  ["www.example.com", 1, Buffer.from([192, 0, 2, 1])],
  ["a", 6, Buffer.alloc(22)],
  ["example.com", 6, Buffer.concat([Buffer.from("016100016200", "hex"), Buffer.alloc(20)])],
  ["example.com", 2, Buffer.from("036e733100", "hex")],
  ["", 6, Buffer.alloc(22)],
  ["www.example.com", 16, Buffer.from("0161", "hex")],
  ["www.example.com", 46, Buffer.alloc(30)],
];

function answerWith(sections: readonly (readonly number[])[]): Uint8Array {
  const counts = [0, 1, 2].map((index) => sections[index]?.length ?? 0);
  const head = Buffer.alloc(12);
  for (const [index, count] of [0, 0x8000, 0, ...counts].entries())
    head.writeUInt16BE(count, 2 * index);
  const records = sections.flat().map((index) => {
    const [name, type, content] = oddRecords[index] ?? ["", 1, new Uint8Array(4)];
    const fixed = Buffer.alloc(10);
    fixed.writeUInt16BE(type, 0);
    fixed.writeUInt16BE(1, 2);
    fixed.writeUInt16BE(content.length, 8);
    return Buffer.concat([value(encodeName(name)), fixed, content]);
  });
  return Buffer.concat([head, ...records]);
}

test("answers in an order that nobody expects end a question, and nothing else", async () => {
  const indexes = fc.subarray([...oddRecords.keys()]);
  const shuffled = indexes.chain((all) => fc.shuffledSubarray(all, { minLength: all.length }));
  await fc.assert(
    fc.asyncProperty(fc.tuple(shuffled, shuffled, shuffled), async (sections) => {
      const client = new DnsClient({
        ...{ clock: createManualClock(), random: createRandom(), outbound: noDoor },
        transport: { resolvers: () => [], ask: () => Promise.resolve(answerWith(sections)) },
      });
      const resolver = new Resolver(client, [{ kind: "address", address: "192.0.2.1", port: 53 }]);
      const asked = [
        ...[resolver.zoneOf("www.example.com", never), resolver.follow("www.example.com", never)],
        resolver.authoritiesOf("example.com", never),
        resolver.textsOf("www.example.com", never),
      ];
      for (const outcome of await Promise.allSettled(asked))
        if (outcome.status === "rejected") assert.ok(outcome.reason instanceof DnsError);
    }),
  );
});

const never = new AbortController().signal;
const noDoor: OutboundDoor = {
  request: () => Promise.reject(new Error("nothing is asked over HTTP here")),
  addressesOf: () => Promise.reject(new Error("nobody is asked for by name here")),
  close: () => undefined,
};
