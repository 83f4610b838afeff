/** A route's name in the access log, back to the object and field it stands for. */

import type { Origin } from "#base/origin.ts";
import { kinds } from "#kinds/all.ts";

const idByKind = new Map<string, string>(kinds.map(({ kind, id }) => [kind, id]));

/** The origin that `formatOrigin` wrote; undefined for names that are no object of ours. */
export function originOfRoute(name: string): Origin | undefined {
  const [object = "", ...path] = name.split(" ");
  const [kind = "", namespace = "", plain = "", ...rest] = object.split("/");
  const id = idByKind.get(kind);
  if (id === undefined || plain === "" || rest.length > 0) return undefined;
  return { kind: id, namespace, name: plain, path: path.join(" ") };
}
