/** A field path → where that field stands in a YAML or JSON document. */

import { formatKeyText } from "./key-text.ts";
import type { MappingNode, YamlNode } from "./node.ts";
import { mergeTag, resolveScalar } from "./resolve-scalar.ts";

/** One step of a path; a number in brackets may be a list position or a key. */
interface Step {
  readonly name: string;
  readonly bracketed: boolean;
}

/** `spec.rules[0].host`, `metadata.annotations[nginx.org/x]`: names after dots, anything else in brackets. */
function parsePath(path: string): readonly Step[] {
  const steps: Step[] = [];
  // A bracket may close inside a key: only one before a dot, another bracket or the end counts.
  for (const match of path.matchAll(/\[(.*?)\](?=[.[]|$)|([^.[]+)/gs)) {
    const [, bracketed, plain] = match;
    steps.push({ name: bracketed ?? plain ?? "", bracketed: bracketed !== undefined });
  }
  return steps;
}

/** The offset of the field at `path`, or of its nearest ancestor that is there. A key's place is where the key begins. */
export function findOffset(root: YamlNode, path: string): number {
  let node = target(root);
  let offset = node.start;
  for (const step of parsePath(path)) {
    const next = child(node, step);
    if (next === undefined) return offset;
    offset = next.offset;
    node = target(next.node);
  }
  return offset;
}

interface Child {
  readonly node: YamlNode;
  readonly offset: number;
}

function target(node: YamlNode): YamlNode {
  return node.kind === "alias" ? node.target : node;
}

function child(node: YamlNode, step: Step): Child | undefined {
  if (node.kind === "mapping") return field(node, step.name, 0);
  if (node.kind !== "sequence" || !step.bracketed || !/^\d+$/.test(step.name)) return undefined;
  const item = node.items[Number(step.name)];
  return item === undefined ? undefined : { node: item, offset: item.start };
}

/** Merges within merges are followed this far: enough for anybody, and an end to circles. */
const maxMergeDepth = 20;

/** The entry that counts: the last one written, where `<<` stands for the entries it brings. */
function field(mapping: MappingNode, name: string, depth: number): Child | undefined {
  const { entries } = mapping;
  for (let index = entries.length - 2; index >= 0; index -= 2) {
    const key = entries[index];
    const value = entries[index + 1];
    if (key === undefined || value === undefined) continue;
    const found = isMerge(key)
      ? merged(value, name, depth + 1)
      : keyText(key) === name
        ? { node: value, offset: key.start }
        : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

function merged(value: YamlNode, name: string, depth: number): Child | undefined {
  if (depth > maxMergeDepth) return undefined;
  const source = target(value);
  const sources = source.kind === "sequence" ? source.items : [source];
  for (const one of sources.map(target)) {
    const found = one.kind === "mapping" ? field(one, name, depth) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

function keyText(node: YamlNode): string | undefined {
  const key = target(node);
  if (key.kind !== "scalar") return undefined;
  const resolved = resolveScalar(key);
  // JSON can write half a character; readers see U+FFFD there.
  return typeof resolved === "string" ? undefined : formatKeyText(resolved)?.toWellFormed();
}

/** True for the key `<<`. */
export function isMerge(node: YamlNode): boolean {
  return node.kind === "scalar" && node.text === "<<" && (node.implicit || node.tag === mergeTag);
}
