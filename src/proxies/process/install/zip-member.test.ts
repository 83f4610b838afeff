import assert from "node:assert/strict";
import test from "node:test";
import { crc32, deflateRawSync } from "node:zlib";
import fc from "fast-check";
import { readZipMember } from "./zip-member.ts";

interface Member {
  readonly name: string;
  readonly content: Uint8Array;
  readonly deflate: boolean;
}

/** An archive as APPNOTE 6.3.3 describes it, with `front` bytes before it and a comment behind it. */
function zip(members: readonly Member[], comment = "", front = 0): Buffer {
  const parts: Buffer[] = [Buffer.alloc(front)];
  const directory: Buffer[] = [];
  let offset = front;
  for (const member of members) {
    const name = Buffer.from(member.name);
    const packed = member.deflate ? deflateRawSync(member.content) : Buffer.from(member.content);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(member.deflate ? 8 : 0, 4);
    common.writeUInt32LE(crc32(member.content), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(member.content.length, 18);
    common.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.from("PK\x03\x04"), common, name, packed]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(offset, 10);
    directory.push(
      Buffer.concat([Buffer.from("PK\x01\x02\x14\x00", "latin1"), common, tail, name]),
    );
    parts.push(local);
    offset += local.length;
  }
  const list = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06", "latin1");
  end.writeUInt16LE(members.length, 8);
  end.writeUInt16LE(members.length, 10);
  end.writeUInt32LE(list.length, 12);
  end.writeUInt32LE(offset, 16);
  end.writeUInt16LE(comment.length, 20);
  return Buffer.concat([...parts, list, end, Buffer.from(comment)]);
}

const members = [
  { name: "a/first", content: Buffer.from("one"), deflate: false },
  { name: "a/second", content: Buffer.from("two ".repeat(1000)), deflate: true },
];

test("a member is read whole, stored or deflated, whatever stands around the archive", async () => {
  for (const archive of [zip(members), zip(members, "a comment"), zip(members, "", 7)]) {
    for (const member of members) {
      const read = await readZipMember(archive, member.name, 10_000);
      assert.ok(read.ok, read.ok ? "" : read.error);
      assert.deepEqual(Buffer.from(read.value), member.content);
    }
  }
});

test("an archive inside a larger buffer is read at its own offset", async () => {
  const archive = zip(members);
  const around = Buffer.concat([Buffer.alloc(100), archive, Buffer.alloc(50)]);
  const read = await readZipMember(around.subarray(100, 100 + archive.length), "a/first", 10);
  assert.deepEqual(read.ok && Buffer.from(read.value), Buffer.from("one"));
});

test("what is not there, too large or damaged is an error that says so", async () => {
  const archive = zip(members);
  const cases: readonly (readonly [Uint8Array, string, number, RegExp])[] = [
    [archive, "a/third", 10, /holds no a\/third/],
    [archive, "a/second", 3999, /4000 bytes, more than 3999/],
    [Buffer.from("no archive"), "a/first", 10, /not a zip archive/],
    [damaged(archive, archive.indexOf("one")), "a/first", 10, /wrong checksum/],
    [damaged(archive, archive.indexOf("a/second") + 9), "a/second", 10_000, /unpack|checksum|size/],
  ];
  for (const [bytes, name, limit, pattern] of cases) {
    const read = await readZipMember(bytes, name, limit);
    assert.ok(!read.ok);
    assert.match(read.error, pattern);
  }
});

test("a member that unpacks to more than it claims is refused", async () => {
  const archive = zip(members);
  const entry = archive.lastIndexOf(Buffer.from("PK\x01\x02", "latin1"));
  archive.writeUInt32LE(10, entry + 24);
  const read = await readZipMember(archive, "a/second", 10_000);
  assert.ok(!read.ok);
});

test("no bytes make it throw, and what it returns is never other than the content", async () => {
  const archive = zip(members);
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(archive.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 }),
      fc.nat(archive.length),
      async (changes, length) => {
        const bytes = Buffer.from(archive.subarray(0, length === 0 ? archive.length : length));
        for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
        const read = await readZipMember(bytes, "a/second", 10_000);
        if (read.ok) assert.equal(crc32(read.value), crc32(Buffer.from("two ".repeat(1000))));
      },
    ),
    { numRuns: 500 },
  );
});

function damaged(archive: Buffer, at: number): Buffer {
  const copy = Buffer.from(archive);
  copy[at] = (copy[at] ?? 0) ^ 0x55;
  return copy;
}
