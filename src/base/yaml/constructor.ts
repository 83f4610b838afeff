/** YAML nodes → JSON, as sigs.k8s.io/yaml does it: aliases repeated, `<<` merged, keys made text. */

import type { Json } from "../json.ts";
import type { YamlLimits } from "./composer.ts";
import { isMerge } from "./find-place.ts";
import { formatKeyText } from "./key-text.ts";
import type { MappingNode, ScalarNode, YamlNode } from "./node.ts";
import type { Resolved } from "./resolve-scalar.ts";
import { binaryTag, resolveScalar } from "./resolve-scalar.ts";
import { YamlSyntaxError } from "./syntax-error.ts";

/** A key written twice in one mapping; the last one counts. */
export interface DuplicateKey {
  readonly key: string;
  /** Where the later one stands. */
  readonly offset: number;
}

type Fields = Record<string, Json>;

const maxDuplicates = 20;

/** Above this many decoded values the share that aliases may have falls from 99% … */
const aliasRangeLow = 400_000;
/** … to 10% at this many (yaml.v2's limits against documents that grow by their aliases). */
const aliasRangeHigh = 4_000_000;

export class Constructor {
  readonly #limits: YamlLimits;
  readonly duplicates: DuplicateKey[] = [];
  /** Aliases being followed now: one that meets itself has no end. */
  readonly #following = new Set<YamlNode>();
  #decoded = 1;
  #fromAliases = 0;
  #depth = 0;
  /** The first infinity or NaN met. */
  #infinite: ScalarNode | undefined;

  constructor(limits: YamlLimits) {
    this.#limits = limits;
  }

  /** The value of a document. Throws YamlSyntaxError. */
  document(root: YamlNode): Json {
    const value = this.#value(root);
    // A later duplicate may have replaced what JSON does not know.
    if (this.#infinite !== undefined && !isFinite(value)) {
      const { text, start } = this.#infinite;
      throw new YamlSyntaxError(`${text} is no value that JSON knows`, start);
    }
    return value;
  }

  #value(node: YamlNode): Json {
    this.#count(node);
    switch (node.kind) {
      case "scalar":
        return this.#scalar(node);
      case "alias":
        return this.#follow(node, () => this.#value(node.target));
      case "sequence":
        return this.#nested(node, () => node.items.map((item) => this.#value(item)));
      case "mapping":
        return this.#nested(node, () => this.#fill({}, node));
    }
  }

  #scalar(node: ScalarNode): Json {
    const { value } = resolve(node);
    if (typeof value === "bigint") return Number(value);
    if (typeof value === "number" && !Number.isFinite(value)) this.#infinite ??= node;
    return value;
  }

  #count(node: YamlNode): void {
    this.#decoded += 1;
    if (this.#following.size > 0) this.#fromAliases += 1;
    if (this.#decoded > this.#limits.maxNodes + 1) {
      const message = `more than ${this.#limits.maxNodes} values in one document`;
      throw new YamlSyntaxError(message, node.start, "limit");
    }
    const share = this.#fromAliases / this.#decoded;
    if (this.#fromAliases > 100 && this.#decoded > 1000 && share > allowedShare(this.#decoded)) {
      const message = "the aliases (*name) of this document repeat too much";
      throw new YamlSyntaxError(message, node.start, "limit");
    }
  }

  #follow<T>(node: YamlNode & { readonly kind: "alias" }, inside: () => T): T {
    if (this.#following.has(node)) {
      throw new YamlSyntaxError(`the anchor &${node.name} contains itself`, node.start);
    }
    this.#following.add(node);
    const result = inside();
    this.#following.delete(node);
    return result;
  }

  #nested<T>(node: YamlNode, inside: () => T): T {
    this.#depth += 1;
    if (this.#depth > this.#limits.maxDepth) {
      const message = `nested deeper than ${this.#limits.maxDepth} levels`;
      throw new YamlSyntaxError(message, node.start, "limit");
    }
    const result = inside();
    this.#depth -= 1;
    return result;
  }

  /** Adds the entries in the order they are written: `<<` overrides what stands before it, as in yaml.v2. */
  #fill(fields: Fields, node: MappingNode): Fields {
    const written = new Set<string>();
    const { entries } = node;
    for (let index = 0; index < entries.length; index += 2) {
      const key = entries[index];
      const value = entries[index + 1];
      if (key === undefined || value === undefined) break;
      if (isMerge(key)) {
        this.#merge(fields, value);
        continue;
      }
      const text = this.#keyText(key);
      if (written.has(text)) this.#noteDuplicate(text, key);
      written.add(text);
      setField(fields, text, this.#value(value));
    }
    return fields;
  }

  #noteDuplicate(key: string, node: YamlNode): void {
    if (this.duplicates.length < maxDuplicates) {
      this.duplicates.push({ key, offset: node.start });
    }
  }

  #keyText(node: YamlNode): string {
    if (node.kind === "alias") {
      this.#count(node);
      return this.#follow(node, () => this.#keyText(node.target));
    }
    if (node.kind !== "scalar") {
      throw new YamlSyntaxError("a mapping key cannot be a list or a mapping", node.start);
    }
    this.#count(node);
    const text = formatKeyText(resolve(node));
    if (text === undefined) {
      throw new YamlSyntaxError("a mapping key cannot be null or this large a number", node.start);
    }
    return text;
  }

  #merge(fields: Fields, source: YamlNode): void {
    const sources = source.kind === "sequence" ? source.items.toReversed() : [source];
    for (const one of sources) {
      const target = one.kind === "alias" ? one.target : one;
      if (target.kind !== "mapping") {
        throw new YamlSyntaxError("'<<' merges a mapping or a list of mappings", one.start);
      }
      this.#count(one);
      const fill = (): Fields => this.#nested(target, () => this.#fill(fields, target));
      if (one.kind !== "alias") fill();
      else {
        this.#follow(one, () => {
          this.#count(target);
          return fill();
        });
      }
    }
  }
}

function allowedShare(decoded: number): number {
  if (decoded <= aliasRangeLow) return 0.99;
  if (decoded >= aliasRangeHigh) return 0.1;
  return 0.99 - 0.89 * ((decoded - aliasRangeLow) / (aliasRangeHigh - aliasRangeLow));
}

function resolve(node: ScalarNode): Resolved {
  if (node.tag === binaryTag) return { type: "str", value: decodeBinary(node) };
  const resolved = resolveScalar(node);
  if (typeof resolved === "string") throw new YamlSyntaxError(resolved, node.start);
  return resolved;
}

/** No infinity and no NaN in it. */
function isFinite(value: Json | undefined): boolean {
  if (typeof value === "number") return Number.isFinite(value);
  if (typeof value !== "object" || value === null) return true;
  return Object.values(value).every(isFinite);
}

/** Assignment would call the setter of `__proto__`. */
function setField(fields: Fields, key: string, value: Json): void {
  if (key !== "__proto__") {
    fields[key] = value;
    return;
  }
  const own = { value, enumerable: true, configurable: true, writable: true };
  Object.defineProperty(fields, key, own);
}

/** Base64 with padding; bytes that are no UTF-8 become U+FFFD one by one, as in Go's JSON. */
function decodeBinary(node: ScalarNode): string {
  const text = node.text.replace(/[\r\n]/g, "");
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text)) {
    throw new YamlSyntaxError("the text tagged !!binary is no base64", node.start);
  }
  return decodeBytewise(Buffer.from(text, "base64"));
}

function decodeBytewise(bytes: Uint8Array): string {
  const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let result = "";
  for (let index = 0; index < bytes.length; ) {
    const length = sequenceLength(bytes, index, strict);
    result += length === 0 ? "\ufffd" : strict.decode(bytes.subarray(index, index + length));
    index += Math.max(length, 1);
  }
  return result;
}

/** Bytes of the UTF-8 character at `index`, 0 when there is none. */
function sequenceLength(bytes: Uint8Array, index: number, strict: TextDecoder): number {
  const lead = bytes[index] ?? 0;
  const length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  if (index + length > bytes.length) return 0;
  try {
    strict.decode(bytes.subarray(index, index + length));
    return length;
  } catch {
    // Not a character: that is the question asked here.
    return 0;
  }
}
