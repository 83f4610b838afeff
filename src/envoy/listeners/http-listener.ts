/** Settings → the listener for clear text. */

import { create } from "@bufbuild/protobuf";
import {
  FilterChainMatchSchema,
  FilterChainSchema,
} from "#gen/envoy/config/listener/v3/listener_components_pb.ts";
import type { Listener } from "#gen/envoy/config/listener/v3/listener_pb.ts";
import { formatOwnPort, type OwnPort } from "#model/own-port.ts";
import type { Resource } from "../resource.ts";
import { peersOf } from "./client-address.ts";
import { buildHttpConnectionManager } from "./http-connection-manager.ts";
import type { OwnPortSettings } from "./layout.ts";
import {
  assembleListener,
  buildListenerFrame,
  encodeFilterChains,
  protectionsOf,
} from "./listener.ts";
import { buildOwnFrame } from "./own-listener.ts";
import type { ListenerSettings } from "./settings.ts";

export function buildHttpListener(settings: ListenerSettings, port: number): Resource {
  return buildListener(settings, buildListenerFrame("http", port, settings, []));
}

/** The listener for clear text at a port of its own. */
export function buildOwnHttpListener(port: OwnPort, own: OwnPortSettings): Resource {
  return buildListener(own.listeners, buildOwnFrame(port, own, []), formatOwnPort(port));
}

function buildListener(settings: ListenerSettings, frame: Listener, ownPort?: string): Resource {
  const chains = peersOf(settings).map(({ clientAddress, match }) =>
    create(FilterChainSchema, {
      name: `clear-text/${clientAddress}`,
      filterChainMatch: create(FilterChainMatchSchema, match),
      filters: [
        buildHttpConnectionManager(settings, {
          ...{ statPrefix: "http", naming: "none", clientAddress },
          ...(ownPort === undefined ? {} : { ownPort }),
        }),
      ],
    }),
  );
  const protections = protectionsOf(settings);
  return assembleListener(frame, [encodeFilterChains(chains)], { protections });
}
