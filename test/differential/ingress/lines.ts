/** On which line of a world's YAML a field stands: found by a library that the program does not use. */

import { isMap, isSeq, LineCounter, type Node, parseAllDocuments } from "yaml";
import type { World } from "#test/simulators/ingress/manifest.ts";
import { namespaceOf } from "#test/simulators/ingress/manifest.ts";
import type { Place } from "#test/simulators/ingress/place.ts";
import { formatManifests } from "./manifest-text.ts";

/** Finds lines, from 1: that of a field's name, or that of a list's item. */
export function linesOf(world: World): (place: Place) => number {
  const lines = new LineCounter();
  const documents = parseAllDocuments(formatManifests(world), { lineCounter: lines });
  return ({ kind, namespace, name, path }) => {
    const index = world.findIndex(
      (manifest) =>
        manifest.kind === kind &&
        namespaceOf(manifest) === namespace &&
        manifest.metadata.name === name,
    );
    const document = "empty" in documents ? undefined : documents[index];
    let node: unknown = document?.contents;
    let offset = -1;
    for (const step of path.split(/[.[\]]+/).filter(Boolean)) [node, offset] = enter(node, step);
    return lines.linePos(offset).line;
  };
}

function enter(node: unknown, step: string): readonly [node: unknown, offset: number] {
  if (isSeq(node)) {
    const item = node.items[Number(step)] as Node;
    return [item, item.range?.[0] ?? -1];
  }
  if (!isMap(node)) throw new Error(`nothing below ${step}`);
  const pair = node.items.find(({ key }) => `${(key as Node).toJSON()}` === step);
  return [pair?.value, (pair?.key as Node | undefined)?.range?.[0] ?? -1];
}
