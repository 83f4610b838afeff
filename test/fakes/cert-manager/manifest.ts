/** An object of a store as a judge of cert-manager's rules reads it. */

import type { KubeObject } from "#kinds/object.ts";
import type { Manifest } from "#test/simulators/cert-manager/triggers.ts";

export function manifestOf({ metadata, body, status }: KubeObject): Manifest {
  return { ...body, metadata, status };
}
