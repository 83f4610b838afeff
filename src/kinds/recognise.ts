/** What a kind is to us, by the apiVersion and kind that a manifest says. */

import type { JsonObject } from "#base/json.ts";
import { kinds } from "./all.ts";
import type { Kind } from "./kind.ts";

export interface RecognisedVersion {
  readonly kind: Kind<unknown>;
  /** Makes a whole object of a legacy version one of the version that is read. */
  readonly convert?: (raw: JsonObject) => JsonObject;
}

const byVersion: ReadonlyMap<string, RecognisedVersion> = new Map(
  (kinds as readonly Kind<unknown>[]).flatMap((kind) => {
    const current = kind.group === "" ? kind.version : `${kind.group}/${kind.version}`;
    const legacy = Object.entries(kind.legacy).map(
      ([version, convert]) => [`${version} ${kind.kind}`, { kind, convert }] as const,
    );
    return [[`${current} ${kind.kind}`, { kind }] as const, ...legacy];
  }),
);

/** The kind that reads `apiVersion`, `kind`; undefined when nobody does. */
export function recognise(apiVersion: string, kind: string): RecognisedVersion | undefined {
  return byVersion.get(`${apiVersion} ${kind}`);
}
