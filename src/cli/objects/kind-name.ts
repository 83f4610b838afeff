/** Kinds as people type them: `ingress`, `ingresses`, `ing`, `Ingress`, `ingress.networking.k8s.io`. */

import { err, ok, type Result } from "#base/result.ts";
import { kinds } from "#kinds/all.ts";
import type { Kind } from "#kinds/kind.ts";

/** The kind a word names; the error says which there are. */
export function findKind(word: string): Result<Kind<unknown>, string> {
  const wanted = word.toLowerCase();
  const found = (kinds as readonly Kind<unknown>[]).find((kind) => namesOf(kind).includes(wanted));
  if (found !== undefined) return ok(found);
  const known = (kinds as readonly Kind<unknown>[]).map((kind) => kind.plural).join(", ");
  return err(`there is no kind "${word}"; known are ${known}`);
}

function namesOf(kind: Kind<unknown>): readonly string[] {
  const singular = kind.kind.toLowerCase();
  const group =
    kind.group === "" ? [] : [`${singular}.${kind.group}`, `${kind.plural}.${kind.group}`];
  return [singular, kind.plural, ...kind.shortNames, ...group];
}
