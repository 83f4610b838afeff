/** Paths of fields without places in lists: `spec.rules[].host` stands for every `spec.rules[0].host`. */

import { isJsonObject, type Json, type JsonObject } from "./json.ts";
import { joinPath } from "./schema.ts";
import type { Shape } from "./shape.ts";

/** The fields that a parser of this shape names, those below free keys and free data taken as one with these. */
export function fieldsOf(shape: Shape, path = ""): readonly string[] {
  if (shape.items?.properties !== undefined) return fieldsOf(shape.items, `${path}[]`);
  if (shape.properties === undefined) return [path];
  return Object.entries(shape.properties).flatMap(([name, field]) =>
    fieldsOf(field, joinPath(path, name)),
  );
}

/** A field that an object has. */
export interface UsedField {
  /** With the places in lists. */
  readonly path: string;
  /** Without them. */
  readonly field: string;
  readonly value: Json;
}

/**
 * What is written in `value`: each field that `isListed`, whatever is below it, and each other one without fields below.
 * What is empty or null says nothing.
 */
export function usedFields(
  value: Json,
  isListed: (field: string) => boolean,
  at: { readonly path: string; readonly field: string } = { path: "", field: "" },
): readonly UsedField[] {
  if (value === null) return [];
  if (at.field !== "" && isListed(at.field)) return [{ ...at, value }];
  if (Array.isArray(value)) {
    return (value as readonly Json[]).flatMap((item, index) =>
      usedFields(item, isListed, { path: `${at.path}[${index}]`, field: `${at.field}[]` }),
    );
  }
  if (!isJsonObject(value)) return [{ ...at, value }];
  return Object.entries(value as JsonObject).flatMap(([name, child]) =>
    child === undefined
      ? []
      : usedFields(child, isListed, {
          path: joinPath(at.path, name),
          field: joinPath(at.field, name),
        }),
  );
}
