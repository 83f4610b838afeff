/**
 * What a message is made of → its bytes: the message of `toBinary(schema, create(schema, init))`, at a fraction of the
 * cost.
 *
 * protobuf-es makes the whole message first and then asks each of its fields; Envoy's messages have dozens of which we
 * fill a few. Here only those are looked at, and written in the order in which they stand (protobuf allows any). What is
 * rare in Envoy's API is still left to the library.
 */

import type { DescField, DescMessage, MessageInitShape } from "@bufbuild/protobuf";
import { create, ScalarType, toBinary } from "@bufbuild/protobuf";
import { type BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { FeatureSet_FieldPresence, isWrapperDesc, StructSchema } from "@bufbuild/protobuf/wkt";

import { written } from "./written.ts";

/** Tag and value. */
type Write = (writer: BinaryWriter, value: unknown) => void;

type Init = Readonly<Record<string, unknown>>;

/** By their names in an init; where only one of several fields can be set, these by case. */
type Members = ReadonlyMap<string, Write | ReadonlyMap<string, Write>>;

/** Made of the schema alone, when it is first met. */
const membersBySchema = new WeakMap<DescMessage, Members>();

/** Equal bytes need equal order, of fields and in maps. */
export function encodeMessage<Schema extends DescMessage>(
  schema: Schema,
  init: MessageInitShape<Schema>,
): Uint8Array {
  return written((writer) => writeMessage(writer, schema, init));
}

function writeMessage(writer: BinaryWriter, schema: DescMessage, init: Init): void {
  const members = membersOf(schema);
  for (const name of Object.keys(init)) {
    const member = members.get(name);
    const value = init[name];
    if (member === undefined || value === undefined) continue;
    if (typeof member === "function") member(writer, value);
    else writeCase(writer, member, value as { readonly case: string; readonly value: unknown });
  }
}

function writeCase(
  writer: BinaryWriter,
  cases: ReadonlyMap<string, Write>,
  given: { readonly case: string; readonly value: unknown },
): void {
  cases.get(given.case)?.(writer, given.value);
}

function membersOf(schema: DescMessage): Members {
  const known = membersBySchema.get(schema);
  if (known !== undefined) return known;
  const fieldOf = (field: DescField): Write => writeOf(field) ?? leaveToLibrary(field);
  const members = new Map(
    schema.members.map((member) => [
      member.localName,
      member.kind === "oneof"
        ? new Map(member.fields.map((field) => [field.localName, fieldOf(field)]))
        : fieldOf(member),
    ]),
  );
  membersBySchema.set(schema, members);
  return members;
}

/** Undefined for fields of a rare form. */
function writeOf(field: DescField): Write | undefined {
  const write = elementOf(field.number, field);
  if (write === undefined) return undefined;
  switch (field.fieldKind) {
    case "message":
      return isWrapperDesc(field.message) && field.oneof === undefined ? wrapped(write) : write;
    case "scalar":
    case "enum":
      return field.presence === FeatureSet_FieldPresence.IMPLICIT ? unlessZero(write) : write;
    case "list":
      return field.packed ? undefined : eachOf(write);
    case "map":
      return field.mapKey === ScalarType.STRING
        ? eachEntry(field.number, elementOf(2, field) ?? write)
        : undefined;
  }
}

/** One value under this number, with its tag. */
function elementOf(number: number, { message, scalar }: DescField): Write | undefined {
  if (message?.typeName === StructSchema.typeName) return undefined;
  if (message !== undefined) return nested(number, message);
  switch (scalar) {
    case undefined:
      return (writer, value) => writer.tag(number, WireType.Varint).int32(value as number);
    case ScalarType.STRING:
      return (writer, value) =>
        writer.tag(number, WireType.LengthDelimited).string(value as string);
    case ScalarType.BYTES:
      return (writer, value) =>
        writer.tag(number, WireType.LengthDelimited).bytes(value as Uint8Array);
    case ScalarType.BOOL:
      return (writer, value) => writer.tag(number, WireType.Varint).bool(value as boolean);
    case ScalarType.UINT32:
      return (writer, value) => writer.tag(number, WireType.Varint).uint32(value as number);
    case ScalarType.INT32:
      return (writer, value) => writer.tag(number, WireType.Varint).int32(value as number);
    case ScalarType.INT64:
      return (writer, value) => writer.tag(number, WireType.Varint).int64(value as bigint);
    default:
      return undefined;
  }
}

function nested(number: number, schema: DescMessage): Write {
  return (writer, value) => {
    writer.tag(number, WireType.LengthDelimited).fork();
    writeMessage(writer, schema, value as Init);
    writer.join();
  };
}

/** A wrapped scalar is just the scalar in an init. */
function wrapped(write: Write): Write {
  return (writer, value) => write(writer, { value });
}

function eachOf(write: Write): Write {
  return (writer, values) => {
    for (const value of values as readonly unknown[]) write(writer, value);
  };
}

function eachEntry(number: number, write: Write): Write {
  return (writer, entries) => {
    for (const [key, value] of Object.entries(entries as object)) {
      writer.tag(number, WireType.LengthDelimited).fork();
      writer.tag(1, WireType.LengthDelimited).string(key);
      write(writer, value);
      writer.join();
    }
  };
}

/** A scalar that does not say whether it is there is not there when it is zero. */
function unlessZero(write: Write): Write {
  return (writer, value) => {
    const isZero = value instanceof Uint8Array ? value.length === 0 : !value;
    if (!isZero) write(writer, value);
  };
}

function leaveToLibrary({ parent, localName, oneof }: DescField): Write {
  return (writer, value) => {
    const init =
      oneof === undefined
        ? { [localName]: value }
        : { [oneof.localName]: { case: localName, value } };
    writer.raw(toBinary(parent, create(parent, init)));
  };
}
