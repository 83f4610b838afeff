import assert from "node:assert/strict";
import { test } from "node:test";
import { fields, list, optional, required, text } from "#base/schema.ts";
import type { Shape } from "#base/shape.ts";
import {
  customResourceDefinition,
  type DefinedKind,
  definedKinds,
} from "./custom-resource-definition.ts";

const gate: DefinedKind = {
  id: "Gate.example.com",
  group: "example.com",
  version: "v1",
  kind: "Gate",
  plural: "gates",
  shortNames: ["gt"],
  namespaced: true,
  legacy: { "example.com/v1alpha1": (raw) => ({ ...raw, apiVersion: "example.com/v1" }) },
  parse: fields({
    spec: required(fields({ hosts: optional(list(text), "Whose requests pass.") }), "What passes."),
  }),
  withoutEffect: [],
  columns: [
    { title: "STATE", jsonPath: ".status.state", value: () => "" },
    { title: "REASON", jsonPath: ".status.reason", wide: true, value: () => "" },
  ],
  definition: {
    description: "A gate.",
    status: fields({ state: optional(text, "Whether it stands.") }),
    retiredVersions: ["v1alpha1"],
  },
};

/** The versions of a kind's definition. */
function versions(kind: DefinedKind): readonly Record<string, unknown>[] {
  const { spec } = customResourceDefinition(kind) as unknown as {
    spec: { versions: Record<string, unknown>[] };
  };
  return spec.versions;
}

test("a definition has names, scope and short names of its kind", () => {
  const { spec, metadata } = customResourceDefinition(gate) as Record<
    string,
    Record<string, unknown>
  >;
  assert.equal(metadata?.["name"], "gates.example.com");
  assert.deepEqual(spec?.["names"], {
    kind: "Gate",
    listKind: "GateList",
    plural: "gates",
    singular: "gate",
    shortNames: ["gt"],
    categories: ["sekisho"],
  });
  assert.deepEqual([spec?.["group"], spec?.["scope"]], ["example.com", "Namespaced"]);
});

test("its schema is what the parser accepts, with sentences for kubectl explain", () => {
  const keeps = { "x-kubernetes-preserve-unknown-fields": true };
  assert.deepEqual(versions(gate)[0]?.["schema"], {
    openAPIV3Schema: {
      type: "object",
      description: "A gate.",
      required: ["spec"],
      properties: {
        spec: {
          type: "object",
          description: "What passes.",
          properties: {
            hosts: {
              type: "array",
              description: "Whose requests pass.",
              items: { type: "string" },
            },
          },
          ...keeps,
        },
        status: {
          type: "object",
          description: "What whoever serves it says of it.",
          properties: { state: { type: "string", description: "Whether it stands." } },
          ...keeps,
        },
      },
      ...keeps,
    },
  });
});

test("columns stand where kubectl puts those of kinds it knows: wide ones behind the age", () => {
  assert.deepEqual(versions(gate)[0]?.["additionalPrinterColumns"], [
    { name: "STATE", type: "string", jsonPath: ".status.state" },
    { name: "AGE", type: "date", jsonPath: ".metadata.creationTimestamp" },
    { name: "REASON", type: "string", jsonPath: ".status.reason", priority: 1 },
  ]);
});

test("retired versions are served with a warning, and the version that is read is stored", () => {
  assert.deepEqual(
    versions(gate).map(({ name, storage, deprecated }) => [name, storage, deprecated]),
    [
      ["v1", true, undefined],
      ["v1alpha1", false, true],
    ],
  );
});

/** The fields of a shape that have no sentence, by their path. */
function untold(shape: Shape, path: string): readonly string[] {
  const inner = shape.items ?? shape.additionalProperties;
  return [
    ...Object.entries(shape.properties ?? {}).flatMap(([name, field]) => [
      ...(field.description === undefined ? [`${path}.${name}`] : []),
      ...untold(field, `${path}.${name}`),
    ]),
    ...(inner === undefined ? [] : untold(inner, `${path}[]`)),
  ];
}

for (const kind of definedKinds) {
  test(`kubectl explains every field of a ${kind.kind}`, () => {
    const shapes = [kind.parse.shape, kind.definition.status?.shape];
    assert.deepEqual(
      shapes.flatMap((shape) => (shape === undefined ? [] : untold(shape, ""))),
      [],
    );
  });

  test(`kubectl prints every column of a ${kind.kind}`, () => {
    assert.deepEqual(
      kind.columns.filter(({ jsonPath }) => jsonPath === undefined).map(({ title }) => title),
      [],
    );
  });

  test(`versions of ${kind.kind} that its definition serves are versions that we read`, () => {
    const read = Object.keys(kind.legacy);
    const served = (kind.definition.retiredVersions ?? []).map((name) => `${kind.group}/${name}`);
    assert.deepEqual(
      served.filter((version) => !read.includes(version)),
      [],
    );
  });
}
