/**
 * A DNS server of the test, one message in, one out: zones it is in charge of, what it heard of others, and updates signed
 * by a key (RFC 1035, RFC 2136, RFC 8945). It shares no code with what it answers.
 */

import { createHmac } from "node:crypto";
import type { TxtRecords } from "./txt-records.ts";

export interface FakeDnsOptions {
  readonly texts: TxtRecords;
  /** Zones that it is in charge of. */
  readonly zones?: readonly string[];
  /** Zones of others of which it knows where they begin, as a resolver does. */
  readonly known?: readonly string[];
  /** Zone → the names of its servers. */
  readonly servers?: Readonly<Record<string, readonly string[]>>;
  /** Name → IPv4 address. */
  readonly addresses?: Readonly<Record<string, string>>;
  /** Name → where it leads. */
  readonly aliases?: Readonly<Record<string, string>>;
  readonly key?: FakeDnsKey;
  /** Whether UDP has no room for answers. */
  readonly truncates?: boolean;
}

export interface FakeDnsKey {
  readonly name: string;
  /** As its wire name says: `hmac-sha256`. */
  readonly algorithm: string;
  /** Base64. */
  readonly secret: string;
  /** The time of its clock, in seconds. */
  readonly nowSeconds: () => number;
}

const types = { 1: "A", 2: "NS", 5: "CNAME", 6: "SOA", 16: "TXT", 28: "AAAA" } as const;
const numbers = { A: 1, NS: 2, CNAME: 5, SOA: 6, TXT: 16 } as const;

interface Answered {
  readonly rcode: number;
  readonly isAuthoritative?: boolean;
  readonly records?: readonly Buffer[];
}

export class FakeDnsServer {
  readonly options: FakeDnsOptions;
  /** What it was asked, as `TXT name`. */
  readonly asked: string[] = [];
  /** The code with which it answers next, when a test says so. */
  #rcode: number | undefined;

  constructor(options: FakeDnsOptions) {
    this.options = options;
  }

  /** Has the next question or update answered with this code. */
  failOnce(rcode: number): void {
    this.#rcode = rcode;
  }

  #takeFault(): number | undefined {
    const rcode = this.#rcode;
    this.#rcode = undefined;
    return rcode;
  }

  async answer(message: Buffer, over: "udp" | "tcp"): Promise<Buffer> {
    const opcode = (message.readUInt16BE(2) >> 11) & 0x0f;
    if (opcode === 5) return await this.#update(message);
    const { name, end } = nameAt(message, 12);
    const type = types[message.readUInt16BE(end) as keyof typeof types];
    this.asked.push(`${type} ${name}`);
    const question = message.subarray(12, end + 4);
    if (this.options.truncates === true && over === "udp")
      return reply(message, { question, flags: 0x0200, rcode: 0, records: [] });
    const fault = this.#takeFault();
    const answered = fault === undefined ? this.#find(name, type) : { rcode: fault };
    const { rcode, isAuthoritative = false, records = [] } = answered;
    return reply(message, { question, flags: isAuthoritative ? 0x0400 : 0, rcode, records });
  }

  #find(name: string, type: string): Answered {
    const { zones = [], known = [], servers = {}, addresses = {}, aliases = {} } = this.options;
    const isAuthoritative = zones.some((zone) => name === zone || name.endsWith(`.${zone}`));
    const alias = aliases[name];
    if (alias !== undefined) {
      const first = record(name, numbers.CNAME, encodeName(alias));
      const rest = type === "CNAME" ? [] : (this.#find(alias, type).records ?? []);
      return { rcode: 0, isAuthoritative, records: [first, ...rest] };
    }
    const found = (contents: readonly Buffer[], number: number): Answered => ({
      ...{ rcode: 0, isAuthoritative },
      records: contents.map((content) => record(name, number, content)),
    });
    if (type === "SOA" && [...zones, ...known].includes(name)) return found([soa()], numbers.SOA);
    if (type === "NS") return found((servers[name] ?? []).map(encodeName), numbers.NS);
    const address = addresses[name];
    if (type === "A" && address !== undefined)
      return found([Buffer.from(address.split(".").map(Number))], numbers.A);
    if (type === "TXT") return found(this.options.texts.of(name).map(textOf), numbers.TXT);
    return { rcode: 0, isAuthoritative };
  }

  async #update(message: Buffer): Promise<Buffer> {
    const zone = nameAt(message, 12);
    this.asked.push(`UPDATE ${zone.name}`);
    const question = message.subarray(12, zone.end + 4);
    const signed = this.options.key === undefined ? undefined : verify(message, this.options.key);
    const answerWith = (rcode: number): Buffer => {
      const plain = reply(message, { question, flags: 0, rcode, records: [] });
      return signed?.mac === undefined || this.options.key === undefined
        ? plain
        : sign(plain, this.options.key, signed.mac);
    };
    const fault = this.#takeFault();
    if (fault !== undefined) return answerWith(fault);
    if (this.options.key !== undefined && signed?.isRight !== true) return answerWith(9);
    if (!(this.options.zones ?? []).includes(zone.name)) return answerWith(9);
    const target = nameAt(message, zone.end + 4);
    if (target.name !== zone.name && !target.name.endsWith(`.${zone.name}`)) return answerWith(10);
    const isRemoved = message.readUInt16BE(target.end + 2) === 254;
    const length = message[target.end + 10] ?? 0;
    const value = message.subarray(target.end + 11, target.end + 11 + length).toString("latin1");
    const others = this.options.texts.of(target.name).filter((one) => one !== value);
    await this.options.texts.set(target.name, isRemoved ? others : [...others, value]);
    return answerWith(0);
  }
}

function nameAt(message: Buffer, start: number): { readonly name: string; readonly end: number } {
  const labels: string[] = [];
  let position = start;
  for (;;) {
    const length = message[position] ?? 0;
    if (length === 0) return { name: labels.join(".").toLowerCase(), end: position + 1 };
    labels.push(message.subarray(position + 1, position + 1 + length).toString("latin1"));
    position += length + 1;
  }
}

function encodeName(name: string): Buffer {
  const labels = name === "" ? [] : name.split(".");
  return Buffer.concat([
    ...labels.map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)])),
    Buffer.from([0]),
  ]);
}

function record(name: string, type: number, content: Buffer): Buffer {
  const head = Buffer.alloc(10);
  head.writeUInt16BE(type, 0);
  head.writeUInt16BE(1, 2);
  head.writeUInt32BE(60, 4);
  head.writeUInt16BE(content.length, 8);
  return Buffer.concat([encodeName(name), head, content]);
}

function soa(): Buffer {
  return Buffer.concat([
    encodeName("ns.example"),
    encodeName("admin.example"),
    Buffer.alloc(20, 1),
  ]);
}

function textOf(value: string): Buffer {
  const bytes = Buffer.from(value, "latin1");
  return Buffer.concat([Buffer.from([bytes.length]), bytes]);
}

interface Reply {
  readonly question: Buffer;
  readonly flags: number;
  readonly rcode: number;
  readonly records: readonly Buffer[];
}

function reply(message: Buffer, { question, flags, rcode, records }: Reply): Buffer {
  const head = Buffer.alloc(12);
  message.copy(head, 0, 0, 2);
  head.writeUInt16BE(0x8000 | (message.readUInt16BE(2) & 0x7900) | flags | rcode, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(records.length, 6);
  return Buffer.concat([head, question, ...records]);
}

/** The last record of an update, which is its signature. */
function verify(
  message: Buffer,
  key: FakeDnsKey,
): { readonly isRight: boolean; readonly mac: Buffer | undefined } {
  if (message.readUInt16BE(10) === 0) return { isRight: false, mac: undefined };
  const start = message.lastIndexOf(Buffer.concat([encodeName(key.name), Buffer.from([0, 250])]));
  if (start < 0) return { isRight: false, mac: undefined };
  const owner = nameAt(message, start);
  const algorithm = nameAt(message, owner.end + 10);
  const time = message.subarray(algorithm.end, algorithm.end + 6);
  const length = message.readUInt16BE(algorithm.end + 8);
  const mac = message.subarray(algorithm.end + 10, algorithm.end + 10 + length);
  const unsigned = Buffer.from(message.subarray(0, start));
  unsigned.writeUInt16BE(0, 10);
  const expected = macOf(key, Buffer.alloc(0), unsigned, time);
  const isInTime = Math.abs(time.readUIntBE(0, 6) - key.nowSeconds()) <= 300;
  const isRight = isInTime && algorithm.name === key.algorithm && expected.equals(mac);
  return { isRight, mac: isRight ? mac : undefined };
}

function macOf(key: FakeDnsKey, before: Buffer, message: Buffer, time: Uint8Array): Buffer {
  const hash = key.algorithm.replace("hmac-", "").split(".")[0] ?? "";
  const variables = Buffer.concat([
    ...[encodeName(key.name), Buffer.from([0, 255, 0, 0, 0, 0]), encodeName(key.algorithm)],
    ...[time, Buffer.from([300 >> 8, 300 & 0xff, 0, 0, 0, 0])],
  ]);
  return createHmac(hash, Buffer.from(key.secret, "base64"))
    .update(Buffer.concat([before, message, variables]))
    .digest();
}

function sign(plain: Buffer, key: FakeDnsKey, requestMac: Buffer): Buffer {
  const time = Buffer.alloc(6);
  time.writeUIntBE(key.nowSeconds(), 0, 6);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(requestMac.length);
  const mac = macOf(key, Buffer.concat([length, requestMac]), plain, time);
  const macLength = Buffer.alloc(4);
  macLength.writeUInt16BE(300, 0);
  macLength.writeUInt16BE(mac.length, 2);
  const content = Buffer.concat([
    ...[encodeName(key.algorithm), time, macLength, mac, plain.subarray(0, 2), Buffer.alloc(4)],
  ]);
  const head = Buffer.from([
    0,
    250,
    0,
    255,
    0,
    0,
    0,
    0,
    content.length >> 8,
    content.length & 0xff,
  ]);
  const signed = Buffer.concat([plain, encodeName(key.name), head, content]);
  signed.writeUInt16BE(signed.readUInt16BE(10) + 1, 10);
  return signed;
}
