/** Every manifest of NGINX Ingress Controller's own repository: translated, each field known, and taken by Envoy. */

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { read } from "#kinds/kind.ts";
import { type KubeObject, keyOf } from "#kinds/object.ts";
import { recognise } from "#kinds/recognise.ts";
import { startTestGate, type TestGate } from "#test/system/test-gate.ts";
import { usesOf } from "../../src/dialects/common/support.ts";
import { countFields, fieldSupport } from "../../src/dialects/field-counts.ts";
import { type ManifestFile, readCorpus, skipWithoutCorpora } from "./manifests.ts";

/** How many files serve a route at least: it may only rise. */
const leastServing = 171;

/** Files that are wrong on purpose: fields that no version of the upstream knows. */
const misspelt: Readonly<Record<string, RegExp>> = {
  "tests/data/egress-mtls/policies/egress-mtls-invalid.yaml": /^Policy spec\.egress_MTLS\./,
  "tests/data/policy-ingress-class/policy-ingress-class.yaml": /^Policy spec\.ingressClasName$/,
  "tests/data/transport-server-status/rejected-invalid.yaml":
    /^TransportServer spec\.listener\.(upstreams|action)\b/,
};

describe("the manifests of nginx/kubernetes-ingress", { skip: skipWithoutCorpora }, () => {
  let files: readonly ManifestFile[] = [];
  let gate: TestGate;
  before(async () => {
    files = readCorpus("nginx/kubernetes-ingress");
    gate = await startTestGate();
  });
  after(() => gate[Symbol.asyncDispose]());

  it("each is translated and taken by Envoy, and as many as ever serve a route", async (context) => {
    const refused: string[] = [];
    let serving = 0;
    for (const { name, objects } of files) {
      refused.push(...(await gate.apply(objects)).map((message) => `${name}: ${message}`));
      if (servesRoute(gate)) serving += 1;
    }
    assert.deepEqual(refused, []);
    context.diagnostic(`${serving} of ${files.length} files serve a route`);
    assert.ok(serving >= leastServing, `${serving} files serve a route, and ${leastServing} did`);
    assert.equal(serving, leastServing, "more files serve a route than before: commit the number");
  });

  it("no field of them is unknown, but for those that are misspelt on purpose", (context) => {
    const objects = files.flatMap((file) => file.objects.map((object) => ({ file, object })));
    const unknown = objects.flatMap(({ file, object }) =>
      unknownIn(object)
        .map((path) => `${object.kind} ${path}`)
        .filter((field) => misspelt[file.name]?.test(field) !== true)
        .map((field) => `${file.name}: ${field}`),
    );
    context.diagnostic(JSON.stringify(countFields(objects.map(({ object }) => knownOf(object)))));
    assert.deepEqual(unknown, []);
  });
});

/** A host with anything but the answer that there is nothing. */
function servesRoute({ pipeline: { gateway } }: TestGate): boolean {
  return gateway
    .claimedHosts()
    .some((host) =>
      gateway
        .virtualHost(host)
        .routes.some(({ action }) => action.kind !== "respond" || action.status !== 404),
    );
}

function knownOf(object: KubeObject): ReturnType<typeof read> {
  const known = recognise(object.apiVersion, object.kind);
  assert.ok(known !== undefined);
  return read(known.kind, object);
}

function unknownIn(object: KubeObject): readonly string[] {
  const known = knownOf(object);
  if (!fieldSupport.has(keyOf(object).kind)) return [];
  return usesOf(known, fieldSupport).flatMap(({ path, row }) => (row === undefined ? [path] : []));
}
