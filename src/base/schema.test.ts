import assert from "node:assert/strict";
import { test } from "node:test";
import type { Json } from "./json.ts";
import {
  anything,
  fields,
  integer,
  integerOrText,
  list,
  mapOf,
  oneOf,
  optional,
  type Parser,
  type Problem,
  required,
  text,
  textLike,
} from "./schema.ts";

function readWith<T>(parse: Parser<T>, value: Json): { value: T | undefined; problems: Problem[] } {
  const problems: Problem[] = [];
  return { value: parse(value, { path: "", problems }), problems };
}

const port = fields(
  {
    number: optional(integer(1, 65535), "The port's number."),
    name: optional(text, "The port's name."),
  },
  {
    rule: "has(self.number) != has(self.name)",
    holds: ({ number, name }) => (number === undefined) !== (name === undefined),
    message: "needs a number or a name, and not both",
  },
);

test("a parser tells what it accepts", () => {
  const parse = fields({
    host: required(textLike(/^[a-z.]+$/, "must be a host"), "Whose requests these are."),
    port: optional(port),
    retries: optional(integer(0), "How often to try again.", 3),
    kind: optional(oneOf("A", "B")),
    weight: optional(integerOrText),
    labels: optional(mapOf(text)),
    paths: optional(list(text)),
    extra: optional(anything),
  });
  assert.deepEqual(parse.shape, {
    type: "object",
    properties: {
      host: { type: "string", pattern: "^[a-z.]+$", description: "Whose requests these are." },
      port: {
        type: "object",
        properties: {
          number: {
            type: "integer",
            minimum: 1,
            maximum: 65535,
            description: "The port's number.",
          },
          name: { type: "string", description: "The port's name." },
        },
        "x-kubernetes-validations": [
          {
            rule: "has(self.number) != has(self.name)",
            message: "needs a number or a name, and not both",
          },
        ],
        "x-kubernetes-preserve-unknown-fields": true,
      },
      retries: {
        type: "integer",
        minimum: 0,
        description: "How often to try again.",
        default: 3,
      },
      kind: { type: "string", enum: ["A", "B"] },
      weight: { "x-kubernetes-int-or-string": true },
      labels: { type: "object", additionalProperties: { type: "string" } },
      paths: { type: "array", items: { type: "string" } },
      extra: { nullable: true, "x-kubernetes-preserve-unknown-fields": true },
    },
    required: ["host"],
    "x-kubernetes-preserve-unknown-fields": true,
  });
});

test("a parser that does not tell its shape counts as one of any data", () => {
  const silent: Parser<string> = (value) => `${value}`;
  assert.deepEqual(list(silent).shape, {
    type: "array",
    items: { nullable: true, "x-kubernetes-preserve-unknown-fields": true },
  });
});

test("a field with a fallback has it when absent or null, and spoils its mapping when it cannot be used", () => {
  const parse = fields({ kind: optional(oneOf("A", "B"), "Which.", "B") });
  assert.deepEqual(readWith(parse, {}).value, { kind: "B" });
  assert.deepEqual(readWith(parse, { kind: null }).value, { kind: "B" });
  assert.deepEqual(readWith(parse, { kind: "A" }).value, { kind: "A" });
  assert.deepEqual(readWith(parse, { kind: "C" }), {
    value: undefined,
    problems: [
      { path: "kind", problem: "invalid", message: 'must be one of A, B, but is string "C"' },
    ],
  });
});

test("a mapping that breaks a constraint is not used, and the constraint's message is the problem", () => {
  assert.deepEqual(readWith(port, { number: 80 }).value, { number: 80 });
  assert.deepEqual(readWith(fields({ port: optional(port) }), { port: {} }), {
    value: {},
    problems: [
      { path: "port", problem: "invalid", message: "needs a number or a name, and not both" },
    ],
  });
});

test("a text of another form is refused without being shown", () => {
  const { value, problems } = readWith(textLike(/^[a-z]+$/, "must be small letters"), "hunter2");
  assert.equal(value, undefined);
  assert.deepEqual(problems, [{ path: "", problem: "invalid", message: "must be small letters" }]);
});
