/** What a file gives the world: an object to be written, and where it stands. */

import type { JsonObject } from "#base/json.ts";
import type { Draft } from "#store/object-store.ts";

export interface SourceObject {
  readonly draft: Draft;
  readonly file: string;
  /** The document's position in the file, from 0. */
  readonly document: number;
  /** Where the object stands in its document: empty, or `items[3]` in a list. */
  readonly within: string;
}

/** What the source must know about a kind that somebody claims. */
export interface RecognisedKind {
  readonly namespaced: boolean;
  /** Makes a whole object of a legacy version one of the version in use. Never throws. */
  readonly convert?: (raw: JsonObject) => JsonObject;
}

/** Says what is known about a kind of an input object. */
export type Recognise = (apiVersion: string, kind: string) => RecognisedKind | "unclaimed";

/** Objects of one kind in one file that nobody claims. */
export interface Unclaimed {
  readonly apiVersion: string;
  readonly kind: string;
  readonly count: number;
  /** The first of them: its name, or empty, and its place. */
  readonly firstName: string;
  readonly document: number;
  readonly within: string;
}
