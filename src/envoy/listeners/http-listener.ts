/** Settings → the listener for clear text. */

import { create } from "@bufbuild/protobuf";
import {
  FilterChainMatchSchema,
  FilterChainSchema,
} from "#gen/envoy/config/listener/v3/listener_components_pb.ts";
import type { Resource } from "../resource.ts";
import { peersOf } from "./client-address.ts";
import { buildHttpConnectionManager } from "./http-connection-manager.ts";
import {
  assembleListener,
  buildListenerFrame,
  encodeFilterChains,
  protectionsOf,
} from "./listener.ts";
import type { ListenerSettings } from "./settings.ts";

export function buildHttpListener(settings: ListenerSettings, port: number): Resource {
  const chains = peersOf(settings).map(({ clientAddress, match }) =>
    create(FilterChainSchema, {
      name: `clear-text/${clientAddress}`,
      filterChainMatch: create(FilterChainMatchSchema, match),
      filters: [
        buildHttpConnectionManager(settings, { statPrefix: "http", naming: "none", clientAddress }),
      ],
    }),
  );
  const frame = buildListenerFrame("http", port, settings, []);
  const protections = protectionsOf(settings);
  return assembleListener(frame, [encodeFilterChains(chains)], { protections });
}
