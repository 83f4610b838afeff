/** Signatures of DNS messages by a key that both sides know (RFC 8945). */

import { err, ok, type Result } from "#base/result.ts";
import type { SecretBytes } from "#base/secret-bytes.ts";
import { type HmacAlgorithm, hmac } from "#crypto/hmac.ts";
import { isSameSecret } from "#crypto/keyed-hash.ts";
import { decodeAnswer, words } from "./message.ts";
import { encodeName, readName } from "./name.ts";
import type { ResourceRecord } from "./record.ts";

export interface TsigKey {
  readonly name: string;
  readonly algorithm: HmacAlgorithm;
  readonly secret: SecretBytes;
}

const algorithmNames: Readonly<Record<HmacAlgorithm, string>> = {
  md5: "hmac-md5.sig-alg.reg.int",
  sha1: "hmac-sha1",
  sha256: "hmac-sha256",
  sha512: "hmac-sha512",
};

const typeTsig = 250;
const classAny = 255;
/** Seconds by which the clocks of both sides may differ. */
const fudge = 300;
const additionalCount = 10;

/** What the server said of our signature instead of an answer (IANA, "DNS RCODEs" for TSIG). */
const tsigErrors: Readonly<Record<number, string>> = {
  16: "the server finds the signature wrong",
  17: "the server does not know the key",
  18: "the clocks differ by more than five minutes",
  22: "the server does not take signatures so short",
};

export interface SignedMessage {
  readonly message: Uint8Array;
  /** What the answer's signature is made over, too. */
  readonly mac: Uint8Array;
}

/** Signs a message as of a time. */
export function signMessage(
  message: Uint8Array,
  key: TsigKey,
  now: Temporal.Instant,
): Result<SignedMessage, string> {
  const names = namesOf(key);
  if (!names.ok) return names;
  const time = timeBytes(now);
  const variables = variablesOf(names.value, { time, fudge, error: 0, other: new Uint8Array() });
  const mac = hmac(key.algorithm, key.secret.reveal(), message, variables);
  const id = message.subarray(0, 2);
  const content = Buffer.concat([
    ...[names.value.algorithm, time, words(fudge, mac.length), mac, id, words(0, 0)],
  ]);
  const head = [names.value.key, words(typeTsig, classAny, 0, 0, content.length)];
  return ok({ message: Buffer.concat([withOneMore(message), ...head, content]), mac });
}

/** Whether an answer to a signed message is signed by the same key; the reason when it is not. */
export function verifyAnswer(
  answer: Uint8Array,
  { key, mac }: { readonly key: TsigKey; readonly mac: Uint8Array },
): Result<undefined, string> {
  const decoded = decodeAnswer(answer);
  if (!decoded.ok) return decoded;
  const record = decoded.value.additionals.at(-1);
  const names = namesOf(key);
  if (!names.ok) return names;
  if (record?.data.type !== "other" || record.data.number !== typeTsig)
    return err("the answer is not signed");
  const signature = readSignature(answer, record);
  if (signature === undefined) return err("the signature of the answer makes no sense");
  const said = tsigErrors[signature.error];
  if (said !== undefined) return err(said);
  if (record.name !== key.name.toLowerCase().replace(/\.$/, ""))
    return err("the answer is signed by another key");
  const expected = hmac(
    ...([key.algorithm, key.secret.reveal()] as const),
    ...[words(mac.length), mac],
    ...[unsigned(answer, record, signature.id), variablesOf(names.value, signature)],
  );
  return isSameSecret(base64(expected), base64(signature.mac))
    ? ok(undefined)
    : err("the signature of the answer is wrong");
}

interface KeyNames {
  readonly key: Uint8Array;
  readonly algorithm: Uint8Array;
}

function namesOf({ name, algorithm }: TsigKey): Result<KeyNames, string> {
  const key = encodeName(name);
  if (!key.ok) return err("the name of the key is no DNS name");
  const encoded = encodeName(algorithmNames[algorithm]);
  return encoded.ok ? ok({ key: key.value, algorithm: encoded.value }) : encoded;
}

interface Variables {
  readonly time: Uint8Array;
  readonly fudge: number;
  readonly error: number;
  readonly other: Uint8Array;
}

/** RFC 8945 §4.3.3. */
function variablesOf(names: KeyNames, variables: Variables): Uint8Array {
  const { time, error, other } = variables;
  return Buffer.concat([
    ...[names.key, words(classAny, 0, 0), names.algorithm, time],
    ...[words(variables.fudge, error, other.length), other],
  ]);
}

interface Signature extends Variables {
  readonly mac: Uint8Array;
  readonly id: Uint8Array;
}

function readSignature(message: Uint8Array, record: ResourceRecord): Signature | undefined {
  const start = record.end - record.content.length;
  const algorithm = readName(message, start);
  if (algorithm === undefined) return undefined;
  const rest = message.subarray(algorithm.end, record.end);
  if (rest.length < 10) return undefined;
  const view = new DataView(rest.buffer, rest.byteOffset, rest.byteLength);
  const macEnd = 10 + view.getUint16(8);
  if (rest.length < macEnd + 6) return undefined;
  const otherEnd = macEnd + 6 + view.getUint16(macEnd + 4);
  if (rest.length < otherEnd) return undefined;
  return {
    ...{ time: rest.subarray(0, 6), fudge: view.getUint16(6), mac: rest.subarray(10, macEnd) },
    ...{ id: rest.subarray(macEnd, macEnd + 2), error: view.getUint16(macEnd + 2) },
    other: rest.subarray(macEnd + 6, otherEnd),
  };
}

/** The answer as it was before it was signed. */
function unsigned(answer: Uint8Array, record: ResourceRecord, id: Uint8Array): Uint8Array {
  const bytes = Buffer.from(answer.subarray(0, record.start));
  bytes.set(id, 0);
  bytes.writeUInt16BE(bytes.readUInt16BE(additionalCount) - 1, additionalCount);
  return bytes;
}

function withOneMore(message: Uint8Array): Uint8Array {
  const bytes = Buffer.from(message);
  bytes.writeUInt16BE(bytes.readUInt16BE(additionalCount) + 1, additionalCount);
  return bytes;
}

/** Seconds in 48 bits. */
function timeBytes(now: Temporal.Instant): Uint8Array {
  const bytes = Buffer.alloc(6);
  bytes.writeUIntBE(Math.floor(now.epochMilliseconds / 1000), 0, 6);
  return bytes;
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}
