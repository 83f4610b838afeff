/** Manifests as nobody would write them: right ones with anything anywhere, and texts of every kind. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { loadAll } from "js-yaml";
import { isJsonObject, type Json, type JsonObject } from "#base/json.ts";
import { formatManifests } from "#test/differential/ingress/manifest-text.ts";
import { paperPool } from "#test/differential/ingress/pool.ts";
import { worlds } from "#test/differential/ingress/worlds.ts";

/** Words of the manifests that we read, so that random bodies have fields that mean something. */
const words = [
  ...["spec", "rules", "host", "http", "paths", "path", "pathType", "backend", "service", "name"],
  ...["port", "number", "resource", "defaultBackend", "tls", "hosts", "secretName", "type", "data"],
  ...["ingressClassName", "controller", "parameters", "ports", "targetPort", "externalName"],
  ...["clusterIP", "selector", "addressType", "endpoints", "addresses", "conditions", "ready"],
  ...["template", "containers", "image", "env", "args", "replicas", "metadata", "labels"],
  ...["annotations", "volumes", "readinessProbe", "httpGet", "matchLabels", "tls.crt", "tls.key"],
  ...["Exact", "Prefix", "ExternalName", "None", "*.example.com", "*", "/", "/a", "80", "web"],
  ...["__proto__", "constructor", "toString", "", ".", "..", "[0]", "a/b", "é", "\u0000", "𝒳"],
] as const;

const word = fc.oneof(
  { arbitrary: fc.constantFrom(...words), weight: 8 },
  { arbitrary: fc.string({ unit: "grapheme", maxLength: 12 }), weight: 2 },
  { arbitrary: fc.string({ unit: "binary", maxLength: 8 }), weight: 1 },
);

const number = fc.oneof(
  fc.constantFrom(0, -1, 80, 65_536, 1.5, -0, 1e21, Number.MAX_SAFE_INTEGER),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);

const leaf = fc.oneof(word, number, fc.boolean(), fc.constant(null));

const { json } = fc.letrec<{ json: Json }>((tie) => ({
  json: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    leaf,
    fc.array(tie("json"), { maxLength: 4 }),
    objectOf(tie("json")),
  ) as fc.Arbitrary<Json>,
}));

/** With own fields only: a plain assignment of `__proto__` would be something else. */
function objectOf(value: fc.Arbitrary<Json>): fc.Arbitrary<JsonObject> {
  return fc
    .array(fc.tuple(word, value), { maxLength: 5 })
    .map((entries) => Object.fromEntries(entries) as JsonObject);
}

export interface Body {
  readonly name: string;
  readonly fields: JsonObject;
}

/** What may stand in an object beside apiVersion, kind and metadata. */
export const body: fc.Arbitrary<Body> = fc.record({
  name: fc.constantFrom("a", "b", "tea", "cert-1"),
  fields: objectOf(json),
});

/** Workloads, which random worlds have none of. */
const examples: readonly Json[] = ["cafe/cafe.yaml", "httpbin/httpbin.yaml"].flatMap(
  (file) =>
    loadAll(readFileSync(join(import.meta.dirname, "../../examples", file), "utf8")) as Json[],
);

const manifests: fc.Arbitrary<readonly Json[]> = fc
  .tuple(worlds(paperPool), fc.subarray([...examples]))
  .map(([world, some]) => [...(JSON.parse(JSON.stringify(world)) as Json[]), ...some]);

type Step = string | number;

interface Mutation {
  /** Chooses among the Ingresses, or among all manifests. */
  readonly ofIngress: boolean;
  readonly manifest: number;
  /** Chooses among all places of the manifest. */
  readonly place: number;
  readonly how: "like" | "anything" | "rename" | "repeat" | "remove";
  readonly text: string;
  readonly number: number;
  readonly json: Json;
}

const mutation: fc.Arbitrary<Mutation> = fc.record({
  ofIngress: fc.boolean(),
  manifest: fc.nat(),
  place: fc.nat(),
  how: fc.constantFrom(
    "like",
    "like",
    "like",
    "anything",
    "anything",
    "rename",
    "repeat",
    "remove",
  ),
  text: word,
  number,
  json,
});

/** Every place in a value, as the way there. */
function* placesIn(value: Json, way: readonly Step[] = []): Generator<readonly Step[]> {
  if (way.length > 0) yield way;
  if (Array.isArray(value)) {
    for (const [index, inner] of value.entries()) yield* placesIn(inner as Json, [...way, index]);
  } else if (isJsonObject(value)) {
    for (const [key, inner] of Object.entries(value)) yield* placesIn(inner as Json, [...way, key]);
  }
}

function mutateOne(all: readonly Json[], change: Mutation): readonly Json[] {
  const ingresses = all
    .keys()
    .filter((index) => kindOf(all[index]) === "Ingress")
    .toArray();
  const candidates = change.ofIngress && ingresses.length > 0 ? ingresses : [...all.keys()];
  const index = candidates[change.manifest % candidates.length] ?? 0;
  const manifest = all[index] ?? null;
  const places = [...placesIn(manifest)];
  const way = places[change.place % places.length];
  return way === undefined ? all : all.with(index, changeAt(manifest, way, change));
}

function kindOf(value: Json | undefined): Json | undefined {
  return isJsonObject(value) ? value["kind"] : undefined;
}

/** The value with the place at the end of `way` changed. */
function changeAt(value: Json, way: readonly Step[], change: Mutation): Json {
  const [step, ...rest] = way;
  if (Array.isArray(value)) {
    const inner = value[Number(step)] as Json;
    const now = rest.length > 0 ? [changeAt(inner, rest, change)] : changed(inner, change);
    return value.toSpliced(Number(step), 1, ...now) as Json;
  }
  if (!isJsonObject(value)) return change.json;
  const entries = Object.entries(value).flatMap(([key, inner]): [string, Json][] => {
    if (key !== step) return [[key, inner as Json]];
    if (rest.length > 0) return [[key, changeAt(inner as Json, rest, change)]];
    if (change.how === "rename") return [[change.text, inner as Json]];
    return changed(inner as Json, change).map((one) => [key, one]);
  });
  return Object.fromEntries(entries) as Json;
}

/** What stands in the place of a value; of two, the last one stays where only one can. */
function changed(inner: Json, { how, text, number: other, json: any }: Mutation): readonly Json[] {
  if (how === "remove") return [];
  if (how === "repeat") return [inner, inner];
  if (how !== "like") return [any];
  if (typeof inner === "string") return [text];
  return [typeof inner === "number" ? other : any];
}

/** Manifests with some places changed to anything, as a stream of JSON documents, which YAML is too. */
export const mutatedManifests: fc.Arbitrary<string> = fc
  .tuple(manifests, fc.array(mutation, { minLength: 1, maxLength: 20, size: "max" }))
  .map(([all, mutations]) =>
    mutations
      .reduce(mutateOne, all)
      .map((manifest) => `---\n${JSON.stringify(manifest)}\n`)
      .join(""),
  );

const yamlBits = [
  ...[
    "&a ",
    "*a",
    "<<: *a\n",
    "\t",
    "- ",
    ": ",
    "? ",
    "---\n",
    "...\n",
    "!!binary ",
    "!x ",
    "|",
    ">-",
  ],
  ...[
    "{",
    "}",
    "[",
    "]",
    '"',
    "'",
    "#",
    "%YAML 1.2\n",
    "\u0000",
    "\u2028",
    "\r",
    "0400",
    "yes",
    "1e3",
  ],
  ...["\n", "  ", "~", ",", "@", "`", "\uFEFF", "\uD800"],
] as const;

/** The YAML of a world with bits of YAML put in, or in the place of something. */
export const brokenText: fc.Arbitrary<string> = fc
  .tuple(
    worlds(paperPool).map(formatManifests),
    fc.array(fc.tuple(fc.nat(), fc.nat(20), fc.constantFrom(...yamlBits)), {
      minLength: 1,
      maxLength: 4,
    }),
  )
  .map(([text, cuts]) =>
    cuts.reduce((before, [at, length, bit]) => {
      const start = at % (before.length + 1);
      return before.slice(0, start) + bit + before.slice(start + (length > 10 ? length - 10 : 0));
    }, text),
  );

export const wildText: fc.Arbitrary<string | Uint8Array> = fc.oneof(
  fc.string({ unit: "binary", maxLength: 300 }),
  fc.uint8Array({ maxLength: 300 }),
  fc.array(fc.constantFrom(...yamlBits, ...words), { maxLength: 60 }).map((bits) => bits.join("")),
  json.map((value) => JSON.stringify(value)),
);
