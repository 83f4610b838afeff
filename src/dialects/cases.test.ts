/**
 * Every case folder of every dialect: the objects of its input.yaml become the fragments of model.yaml and the findings
 * of findings.yaml. A document with `servedClasses` holds the settings of the case.
 */

import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { dump, loadAll } from "js-yaml";
import type { Finding } from "#base/finding.ts";
import type { JsonObject } from "#base/json.ts";
import { formatOrigin, type Origin } from "#base/origin.ts";
import { Graph } from "#base/tracked/graph.ts";
import { formatKey, type KubeObject, keyOf } from "#kinds/object.ts";
import { recognise } from "#kinds/recognise.ts";
import type { Fragment } from "#model/fragment.ts";
import { formatHost } from "#model/host.ts";
import { storedObject } from "#test/documents/stored-object.ts";
import { matchGolden } from "#test/golden.ts";
import { dialects } from "./all.ts";
import { chooseDialect } from "./choose-dialect.ts";
import { kindFindings } from "./common/findings.ts";
import type { DialectSettings, World } from "./dialect.ts";
import { KnownObjects } from "./known-objects.ts";
import { worldIndexes } from "./world-indexes.ts";

const folders = globSync("*/cases/*/input.yaml", { cwd: import.meta.dirname }).map((file) =>
  path.join(import.meta.dirname, path.dirname(file)),
);

test("every dialect has cases", () => {
  for (const { name } of dialects) {
    assert.ok(
      folders.some((folder) => folder.includes(`/${name}/cases/`)),
      name,
    );
  }
});

for (const folder of folders) {
  test(`case ${path.relative(import.meta.dirname, folder)} gives the model and findings beside it`, () => {
    const { model, findings } = translateCase(path.join(folder, "input.yaml"));
    matchGolden(path.join(folder, "model.yaml"), dump(model, { noRefs: true, lineWidth: 120 }));
    matchGolden(
      path.join(folder, "findings.yaml"),
      dump(findings, { noRefs: true, lineWidth: 120 }),
    );
  });
}

function translateCase(input: string): { readonly model: object[]; readonly findings: object[] } {
  const graph = new Graph({
    onBug: (error) => {
      throw error;
    },
  });
  const objects = new KnownObjects(graph, [
    ...worldIndexes,
    ...dialects.flatMap((dialect) => dialect.indexes),
  ]);
  const documents = loadAll(readFileSync(input, "utf8")) as readonly JsonObject[];
  const settings = settingsOf(documents.find((document) => "servedClasses" in document));
  const manifests = documents.filter((document) => !("servedClasses" in document));
  const ofKinds: Finding[] = [];
  const keys = manifests.map((raw) => {
    const object = storedObject(raw);
    const known = recognise(object.apiVersion, object.kind);
    assert.ok(known !== undefined, object.kind);
    ofKinds.push(...kindFindings(known.kind, objects.set(known.kind, object)));
    return formatKey(keyOf(object));
  });
  const world: World = {
    get: (kind, namespace, name) => objects.get(kind, namespace, name),
    filed: (index, key) => objects.filed(index, key),
    authorities: ({ namespace, name }) =>
      objects.at(`Secret/${namespace}/${name}`) === undefined
        ? { state: "missing" }
        : { state: "usable" },
    certificate: ({ namespace, name }) =>
      objects.at(`Secret/${namespace}/${name}`) === undefined
        ? { state: "missing" }
        : { state: "usable" },
  };
  const fragments: readonly Translated[] = keys.flatMap((key) => {
    const object = objects.at(key);
    const dialect = object && chooseDialect(object, world, settings);
    if (object === undefined || dialect === undefined) return [];
    return [{ key, fragment: dialect.translate(object, world, settings) }];
  });
  for (const origin of fragments.flatMap(({ fragment }) => originsOf(fragment))) {
    const known = objects.at(formatKey(origin));
    assert.ok(known !== undefined, `${formatOrigin(origin)} is no object of the case`);
    assert.ok(hasField(known.object, origin.path), `${formatOrigin(origin)} is no field of it`);
  }
  return {
    model: fragments.map(({ key, fragment: { findings: _, rules, certificates, ...rest } }) => ({
      object: key,
      ...rest,
      rules: rules.map((rule) => ({ ...rule, host: formatHost(rule.host) })),
      certificates: certificates.map((use) => ({ ...use, host: formatHost(use.host) })),
    })),
    findings: [...ofKinds, ...fragments.flatMap(({ fragment }) => fragment.findings)].map(
      ({ origin, ...finding }) => ({ ...finding, origin: formatOrigin(origin) }),
    ),
  };
}

interface Translated {
  readonly key: string;
  readonly fragment: Fragment;
}

/** Every node of the model knows which field of which object it comes from. */
function originsOf({ rules, certificates, fallback, streams = [] }: Fragment): readonly Origin[] {
  const routes = [...rules.flatMap((rule) => rule.routes), ...(fallback ? [fallback] : [])];
  return [...rules, ...certificates, ...routes, ...streams].map(({ origin }) => origin);
}

/** `path` as findings and origins have it: `spec.rules[0].host`, `metadata.annotations[example.com/x]`. */
function hasField({ metadata, body }: KubeObject, path: string): boolean {
  const names = [...path.matchAll(/\[([^\]]*)\]|[^.[\]]+/g)].map(([name, inner]) => inner ?? name);
  const value = names.reduce<unknown>(
    (at, name) => (at as Readonly<Record<string, unknown>> | undefined)?.[name],
    { ...body, metadata },
  );
  return value !== undefined;
}

function settingsOf(document: JsonObject | undefined): DialectSettings {
  const classes = document?.["servedClasses"];
  const copied = document?.["extraCertificateAnnotations"];
  const [namespace = "", name] = `${document?.["nginxGlobalConfiguration"] ?? ""}`.split("/");
  const issuer = document?.["defaultIssuer"];
  const auto = document?.["autoCertificateAnnotations"];
  return {
    servedClasses: Array.isArray(classes) ? classes.map((one) => `${one}`) : "all",
    ...(Array.isArray(copied) ? { extraCertificateAnnotations: copied.map(String) } : {}),
    ...(typeof issuer === "string" && { defaultIssuer: { name: issuer, kind: "ClusterIssuer" } }),
    ...(Array.isArray(auto) && { autoCertificateAnnotations: auto.map((one) => `${one}`) }),
    ...(name === undefined ? {} : { nginxGlobalConfiguration: { namespace, name } }),
  };
}
