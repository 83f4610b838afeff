/** Which kinds of manifests a gate takes from files. */

import { eventKind } from "#kinds/event.ts";
import { recognise } from "#kinds/recognise.ts";
import type { Recognise } from "#sources/directory/source-object.ts";

/** All kinds we read; Events are written, never given. */
export const recogniseManifest: Recognise = (apiVersion, kind) => {
  const known = recognise(apiVersion, kind);
  if (known === undefined || known.kind.id === eventKind.id) return "unclaimed";
  const { namespaced } = known.kind;
  return known.convert === undefined ? { namespaced } : { namespaced, convert: known.convert };
};
