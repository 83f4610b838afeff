/** Every manifest of NGINX Ingress Controller's own repository: translated, each field known, and taken by Envoy. */

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { read } from "#kinds/kind.ts";
import { type KubeObject, keyOf } from "#kinds/object.ts";
import { recognise } from "#kinds/recognise.ts";
import { startTestGate, type TestGate } from "#test/system/harness/test-gate.ts";
import { usesOf } from "../../src/dialects/common/support.ts";
import { countFields, supportIn } from "../../src/dialects/field-counts.ts";
import { nginx } from "../../src/dialects/nginx/index.ts";
import { type ManifestFile, readCorpus, skipWithoutCorpora } from "./manifests.ts";
import { withSurroundings } from "./surroundings.ts";

/** How many files serve a route at least, with what they need of the files beside them: it may only rise. */
const leastServing = 244;

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
    for (const file of files) {
      refused.push(
        ...(await gate.apply(withSurroundings(file, files))).map(
          (message) => `${file.name}: ${message}`,
        ),
      );
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
    assert.deepEqual(unknown, []);
    const counts = countFields(
      objects.map(({ object }) => knownOf(object)),
      (known) => gate.pipeline.dialectOf(known),
    );
    context.diagnostic(JSON.stringify(counts));
    assert.equal(counts.unknown, 0, "what no API server would take counts as refused");
  });
});

/** A host with anything but the answer that there is nothing, or whose handshakes are passed on; or a port by TCP or UDP. */
function servesRoute({ pipeline: { gateway } }: TestGate): boolean {
  const isServed = (host: string): boolean =>
    gateway.passthroughOf(host) !== undefined ||
    gateway
      .virtualHost(host)
      .routes.some(({ action }) => action.kind !== "respond" || action.status !== 404);
  return gateway.claimedHosts().some(isServed) || gateway.ownPorts.ports().length > 0;
}

function knownOf(object: KubeObject): ReturnType<typeof read> {
  const known = recognise(object.apiVersion, object.kind);
  assert.ok(known !== undefined);
  return read(known.kind, object);
}

function unknownIn(object: KubeObject): readonly string[] {
  const known = knownOf(object);
  const support = supportIn(nginx);
  if (!support.has(keyOf(object).kind)) return [];
  return usesOf(known, support).flatMap(({ path, row }) => (row === undefined ? [path] : []));
}
