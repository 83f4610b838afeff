/** A world as the YAML that somebody would apply. */

import { dump } from "js-yaml";
import type { World } from "#test/simulators/ingress/manifest.ts";

/** One document a manifest. */
export function formatManifests(world: World): string {
  return world.map((manifest) => `---\n${dump(manifest, { noRefs: true })}`).join("");
}
