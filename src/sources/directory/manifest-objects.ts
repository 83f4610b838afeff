/** Documents → objects: lists taken apart, envelopes checked, legacy versions converted, unclaimed kinds counted. */

import type { Finding } from "#base/finding.ts";
import { isJsonObject, type Json, type JsonObject } from "#base/json.ts";
import { isLongerAsJson } from "#base/json-length.ts";
import { fileOrigin, type Origin, type Place } from "#base/origin.ts";
import { kindId, type ObjectKey } from "#kinds/object.ts";
import { type Envelope, type EnvelopeProblem, readEnvelope } from "./envelope.ts";
import { createLocator, type Locator, versionOf } from "./locator.ts";
import { defaultManifestLimits, type ManifestLimits, type ParsedFile } from "./manifest.ts";
import type { Recognise, SourceObject, Unclaimed } from "./source-object.ts";

export interface FileObjects {
  readonly objects: readonly SourceObject[];
  /** Objects whose new version is refused; an earlier one stays in force. */
  readonly refused: readonly ObjectKey[];
  readonly unclaimed: readonly Unclaimed[];
  readonly findings: readonly Finding[];
}

/** Where an object stands in a file. */
interface Spot {
  readonly document: number;
  readonly within: string;
}

/** A raw object with its spot; lists are taken apart already. */
interface RawObject extends Spot {
  readonly raw: Json;
}

/** The objects of a parsed file. Errors carry their place; of the rest a person can ask for it. */
export function readObjects(
  parsed: ParsedFile,
  recognise: Recognise,
  locator: Locator = createLocator(defaultManifestLimits),
  limits: ManifestLimits = defaultManifestLimits,
): FileObjects {
  const reader = new ObjectReader(parsed, recognise, { locator, limits });
  for (const { index, value } of parsed.documents) reader.read(index, value);
  return reader.result();
}

class ObjectReader {
  readonly #recognise: Recognise;
  readonly #maxObjectLength: number;
  readonly #placeOf: (spot: Spot, path: string) => Place;
  readonly #file: string;
  readonly #objects: SourceObject[] = [];
  readonly #refused: ObjectKey[] = [];
  readonly #unclaimed = new Map<string, Unclaimed>();
  readonly #findings: Finding[] = [];

  constructor(
    parsed: ParsedFile,
    recognise: Recognise,
    { locator, limits }: { readonly locator: Locator; readonly limits: ManifestLimits },
  ) {
    const version = versionOf(parsed);
    this.#recognise = recognise;
    this.#maxObjectLength = limits.maxObjectLength;
    this.#file = parsed.file;
    this.#placeOf = ({ document, within }, path) =>
      locator.placeOf(version, document, joinPaths(within, path));
  }

  result(): FileObjects {
    return {
      objects: this.#objects,
      refused: this.#refused,
      unclaimed: [...this.#unclaimed.values()],
      findings: this.#findings,
    };
  }

  read(document: number, value: Json): void {
    for (const object of takeApart({ raw: value, document, within: "" })) this.#object(object);
  }

  #object({ raw, ...spot }: RawObject): void {
    if (!isJsonObject(raw)) {
      const what = Array.isArray(raw) ? "a list" : raw === null ? "nothing" : `the ${typeof raw}`;
      const problem = `this is ${what} where an object should be`;
      return this.#fileError(
        spot,
        "",
        problem,
        "Write a mapping with apiVersion, kind and metadata",
      );
    }
    const apiVersion = this.#required(raw, "apiVersion", spot);
    const kind = this.#required(raw, "kind", spot);
    if (apiVersion === undefined || kind === undefined) return;
    const recognised = this.#recognise(apiVersion, kind);
    if (recognised === "unclaimed") return this.#count(raw, { apiVersion, kind, ...spot });
    const isLong = isLongerAsJson(raw, this.#maxObjectLength);
    const taken = isLong ? named(raw) : raw;
    const converted = recognised.convert?.(taken) ?? taken;
    const about = {
      apiVersion: textOr(converted["apiVersion"], apiVersion),
      kind: textOr(converted["kind"], kind),
    };
    const envelope = readEnvelope(converted, about, recognised);
    this.#add(
      isLong ? { ...envelope, draft: undefined, problems: [this.#tooLong()] } : envelope,
      spot,
      kindId(about.apiVersion, about.kind),
    );
  }

  #tooLong(): EnvelopeProblem {
    const most = `${this.#maxObjectLength / 1024 / 1024} MiB`;
    return {
      severity: "error",
      reason: "ObjectTooLarge",
      path: "",
      message: `The object is not taken: with its aliases written out it is larger than ${most}, which no cluster takes either.`,
      advice: "Split it into several objects.",
    };
  }

  #required(raw: JsonObject, field: "apiVersion" | "kind", spot: Spot): string | undefined {
    const value = Object.hasOwn(raw, field) ? raw[field] : undefined;
    if (typeof value === "string" && value !== "") return value;
    const problem = value === undefined ? `it has no ${field}` : `its ${field} is no text`;
    const example = field === "kind" ? "Ingress" : "networking.k8s.io/v1";
    this.#fileError(spot, field, problem, `Say what it is, as '${field}: ${example}'`);
    return undefined;
  }

  #fileError(spot: Spot, path: string, problem: string, advice: string): void {
    this.#findings.push({
      severity: "error",
      reason: "InvalidObject",
      origin: fileOrigin(this.#file),
      message: `The object is not taken: ${problem}.`,
      advice: `${advice}.`,
      place: this.#placeOf(spot, path),
    });
  }

  #count(
    raw: JsonObject,
    about: Spot & { readonly apiVersion: string; readonly kind: string },
  ): void {
    const id = `${about.apiVersion} ${about.kind}`;
    const before = this.#unclaimed.get(id);
    const { metadata } = raw;
    const name = isJsonObject(metadata) ? textOr(metadata["name"], "") : "";
    const first = before ?? { ...about, firstName: name, count: 0 };
    this.#unclaimed.set(id, { ...first, count: first.count + 1 });
  }

  #add(envelope: Envelope, spot: Spot, kind: string): void {
    const { key, draft, problems } = envelope;
    for (const problem of problems)
      this.#findings.push(this.#finding(problem, spot, { kind, key }));
    if (draft === undefined) {
      if (key !== undefined) this.#refused.push(key);
    } else {
      this.#objects.push({ draft, file: this.#file, ...spot });
    }
  }

  #finding(
    { path, ...problem }: EnvelopeProblem,
    spot: Spot,
    { kind, key }: { readonly kind: string; readonly key: ObjectKey | undefined },
  ): Finding {
    const origin: Origin = key === undefined ? fileOrigin(this.#file) : { ...key, kind, path };
    if (problem.severity !== "error" && key !== undefined) return { ...problem, origin };
    return { ...problem, origin, place: this.#placeOf(spot, path) };
  }
}

/** What is needed to know which object it is: an earlier version stays in force. */
function named({ apiVersion, kind, metadata }: JsonObject): JsonObject {
  const { name, namespace } = isJsonObject(metadata) ? metadata : {};
  return { apiVersion, kind, metadata: { name, namespace } };
}

function textOr(value: Json | undefined, fallback: string): string {
  return typeof value === "string" ? value : fallback;
}

function joinPaths(within: string, path: string): string {
  return within === "" || path === "" ? within + path : `${within}.${path}`;
}

/** A `List`, or any kind that ends so and has items, stands for its items; lists may hold lists. */
function* takeApart(object: RawObject): Generator<RawObject, void, undefined> {
  const items = itemsOf(object.raw);
  if (items === undefined) {
    yield object;
    return;
  }
  for (const [index, item] of items.list.entries()) {
    const within = joinPaths(object.within, `items[${index}]`);
    yield* takeApart({ raw: withKind(item, items), document: object.document, within });
  }
}

interface Items {
  readonly list: readonly Json[];
  /** What the items of a typed list are when they do not say so themselves: an IngressList holds Ingresses. */
  readonly kind: string;
  readonly apiVersion: string;
}

function itemsOf(raw: Json): Items | undefined {
  if (!isJsonObject(raw)) return undefined;
  const { apiVersion, kind, items } = raw;
  if (typeof kind !== "string" || !kind.endsWith("List") || !Array.isArray(items)) return undefined;
  return { list: items, kind: kind.slice(0, -"List".length), apiVersion: textOr(apiVersion, "") };
}

function withKind(item: Json, { kind, apiVersion }: Items): Json {
  if (!isJsonObject(item) || kind === "") return item;
  const says = item["apiVersion"] !== undefined || item["kind"] !== undefined;
  return says ? item : { ...item, apiVersion, kind };
}
