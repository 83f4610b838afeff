/** The word of a host that leaves filters out of the chain which its routes have no use for. */

import { create } from "@bufbuild/protobuf";
import type { Any } from "@bufbuild/protobuf/wkt";
import { anyPack } from "@bufbuild/protobuf/wkt";
import { FilterConfigSchema } from "#gen/envoy/config/route/v3/route_components_pb.ts";

const off = anyPack(FilterConfigSchema, create(FilterConfigSchema, { disabled: true }));

/**
 * `typed_per_filter_config` by which Envoy does not create these filters for a request whose first lookup finds the host.
 *
 * Where it misses (a wildcard host, another spelling of an exact one) they are in the chain before the host is found, and
 * this word says nothing about how they deal with the request: Envoy then takes the next wider configuration, and at last
 * the filter's own. So what would turn requests away by itself needs, beside this word, one that tells it not to.
 */
export function leftOut(...filters: readonly string[]): { [filter: string]: Any } {
  return Object.fromEntries(filters.map((name) => [name, off]));
}
