import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { decodeResource } from "#envoy/decode.ts";
import { kinds } from "#kinds/all.ts";
import type { Kind } from "#kinds/kind.ts";
import { read } from "#kinds/kind.ts";
import { formatKey, type KubeObject, keyOf } from "#kinds/object.ts";
import { parseManifests } from "#sources/directory/manifest.ts";
import { readObjects } from "#sources/directory/manifest-objects.ts";
import type { SourceObject } from "#sources/directory/source-object.ts";
import { recogniseManifest } from "../../src/gate/manifest-kinds.ts";
import { type Body, body, brokenText, mutatedManifests, wildText } from "./arbitrary-manifests.ts";
import { createPipeline, type DrivenPipeline } from "./driven-pipeline.ts";
import { layout } from "./edits.ts";
import { seeded } from "./seeded.ts";

/** What a store would make of what a source found. */
function stored({ draft }: SourceObject, index: number): KubeObject {
  const { metadata, ...rest } = draft;
  return {
    ...rest,
    metadata: {
      name: metadata.name,
      namespace: metadata.namespace,
      uid: `uid-${index}`,
      creationTimestamp: "2026-01-01T00:00:00Z",
      generation: 1,
      resourceVersion: "1",
      labels: metadata.labels ?? {},
      annotations: metadata.annotations ?? {},
      finalizers: metadata.finalizers ?? [],
      ownerReferences: metadata.ownerReferences ?? [],
    },
  };
}

const kindsById = new Map((kinds as readonly Kind<unknown>[]).map((kind) => [kind.id, kind]));

/** Takes objects the whole way, and looks at everything that is shown of them. Whatever throws fails the property. */
function takeThrough(driven: DrivenPipeline, objects: readonly KubeObject[]): void {
  for (const object of objects) {
    const kind = kindsById.get(keyOf(object).kind);
    assert.ok(kind, `${keyOf(object).kind} was recognised`);
    const known = read(kind, object);
    for (const column of kind.columns) assert.equal(typeof column.value(known), "string");
  }
  driven.set(objects);
  driven.flush();
  for (const resource of driven.pipeline.resources()) decodeResource(resource);
  for (const { message, advice } of driven.pipeline.findings()) {
    assert.ok(message !== "" && advice !== "", "a finding says what is wrong and what to do");
  }
}

/** The whole way of a file, then a second file over it, then all of it away. */
function serve(driven: DrivenPipeline, files: readonly (Uint8Array | string)[]): number {
  const keys = new Set<string>();
  let taken = 0;
  const before = driven.outcome();
  for (const file of files) {
    const bytes = typeof file === "string" ? new TextEncoder().encode(file) : file;
    const { objects, findings } = readObjects(parseManifests(bytes, "x.yaml"), recogniseManifest);
    for (const { place } of findings) assert.ok(place === undefined || place.line > 0);
    const found = objects.map(stored);
    for (const object of found) keys.add(formatKey(keyOf(object)));
    taken += found.length;
    takeThrough(driven, found);
  }
  for (const key of keys) {
    const [kind = "", namespace = "", name = ""] = key.split("/");
    driven.delete({ kind, namespace, name });
  }
  driven.flush();
  assert.equal(driven.outcome(), before, "nothing is left of it");
  return taken;
}

/** Texts, and how many of them on average must yield objects: else the property would say little. */
const texts: Readonly<Record<string, readonly [fc.Arbitrary<string | Uint8Array>, number]>> = {
  "manifests in which anything stands anywhere": [mutatedManifests, 5],
  "manifests with characters of YAML strewn in": [brokenText, 0.5],
  "text and bytes of any kind": [wildText, 0],
};

for (const [what, [text, atLeast]] of Object.entries(texts)) {
  test(`nothing on the way from a file to Envoy throws on ${what}`, (context) => {
    const parameters = seeded(context);
    let taken = 0;
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 2 }), layout, (files, kind) => {
        taken += serve(createPipeline(kind), files);
      }),
      parameters,
    );
    context.diagnostic(`${taken} objects were taken`);
    assert.ok(taken >= parameters.numRuns * atLeast, `only ${taken} objects were taken`);
  });
}

function objectOf(kind: Kind<unknown>, { name, fields }: Body): KubeObject {
  const apiVersion = kind.group === "" ? kind.version : `${kind.group}/${kind.version}`;
  const manifest = { ...fields, apiVersion, kind: kind.kind, metadata: { name } };
  const namespace = kind.namespaced ? "default" : "";
  const draft = { apiVersion, kind: kind.kind, metadata: { name, namespace }, body: fields };
  return stored({ draft, file: "x.yaml", document: 0, within: "", ...manifest }, 0);
}

for (const kind of kinds as readonly Kind<unknown>[]) {
  test(`any body of a ${kind.kind} is read, shown and translated without an exception`, (context) => {
    fc.assert(
      fc.property(fc.array(body, { minLength: 1, maxLength: 4 }), (bodies) => {
        takeThrough(
          createPipeline(),
          bodies.map((one) => objectOf(kind, one)),
        );
      }),
      seeded(context, 0.1),
    );
  });

  for (const [version, convert] of Object.entries(kind.legacy)) {
    test(`any ${version} ${kind.kind} is converted without an exception`, (context) => {
      fc.assert(
        fc.property(body, ({ name, fields }) => {
          const raw = { ...fields, apiVersion: version, kind: kind.kind, metadata: { name } };
          const { apiVersion } = convert(raw);
          assert.notEqual(apiVersion, version);
        }),
        seeded(context, 0.1),
      );
    });
  }
}
