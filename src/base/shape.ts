/**
 * What a parser accepts, told as data: the part of an OpenAPI 3 schema that the API server takes as structural, so that
 * it checks what the parser checks, and `kubectl explain` tells it.
 */

import type { Json } from "./json.ts";

export interface Shape {
  readonly type?: "string" | "boolean" | "integer" | "array" | "object";
  readonly description?: string;
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly default?: Json;
  readonly nullable?: true;
  readonly items?: Shape;
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Shape;
  readonly "x-kubernetes-int-or-string"?: true;
  readonly "x-kubernetes-preserve-unknown-fields"?: true;
  readonly "x-kubernetes-validations"?: readonly Validation[];
}

interface Validation {
  /** In the Common Expression Language; `self` is the value. */
  readonly rule: string;
  readonly message: string;
}

/** Any data: also the shape of a parser that does not tell its own. */
export const anyShape: Shape = {
  nullable: true,
  "x-kubernetes-preserve-unknown-fields": true,
};

/** The shape of a whole number; bounds that no number of JSON exceeds are not told. */
export function integerShape(least: number, most: number): Shape {
  return {
    type: "integer",
    ...(least > Number.MIN_SAFE_INTEGER ? { minimum: least } : {}),
    ...(most < Number.MAX_SAFE_INTEGER ? { maximum: most } : {}),
  };
}
