/** The parts that every listener has, and how one is put together from filter chains that are already encoded. */

import { create, toBinary } from "@bufbuild/protobuf";
import { compareText } from "#base/compare.ts";
import type { Address } from "#gen/envoy/config/core/v3/address_pb.ts";
import { AddressSchema, SocketAddress_Protocol } from "#gen/envoy/config/core/v3/address_pb.ts";
import type {
  FilterChain,
  ListenerFilter,
} from "#gen/envoy/config/listener/v3/listener_components_pb.ts";
import { ListenerFilterSchema } from "#gen/envoy/config/listener/v3/listener_components_pb.ts";
import type { Listener } from "#gen/envoy/config/listener/v3/listener_pb.ts";
import {
  AdditionalAddressSchema,
  ListenerSchema,
} from "#gen/envoy/config/listener/v3/listener_pb.ts";
import { ProxyProtocolSchema } from "#gen/envoy/extensions/filters/listener/proxy_protocol/v3/proxy_protocol_pb.ts";
import { TlsInspectorSchema } from "#gen/envoy/extensions/filters/listener/tls_inspector/v3/tls_inspector_pb.ts";
import { resourceOf, typedConfig } from "../encode.ts";
import type { Relations, Resource } from "../resource.ts";
import type { ListenerSettings } from "./settings.ts";

/** A change of anything in here drains every connection of the listener; what varies belongs in filter chains. */
export function buildListenerFrame(
  name: string,
  port: number,
  settings: ListenerSettings,
  listenerFilters: ListenerFilter[],
): Listener {
  return create(ListenerSchema, {
    name,
    address: socketAddress({ ...settings, port, protocol: SocketAddress_Protocol.TCP }),
    perConnectionBufferLimitBytes: 32 * 1024,
    listenerFilters: [...(settings.proxyProtocol ? [proxyProtocol()] : []), ...listenerFilters],
    enableReusePort: true,
    accessLog: [...(settings.connectionLog ?? [])],
    // A worker that takes one connection at a time leaves the others of a burst to other workers.
    maxConnectionsToAcceptPerSocketEvent: 1,
  });
}

/** The same for datagrams: there are no connections. */
export function buildDatagramFrame(
  name: string,
  port: number,
  { address }: Pick<ListenerSettings, "address">,
  filter: ListenerFilter,
): Listener {
  return create(ListenerSchema, {
    name,
    address: socketAddress({ address, port, protocol: SocketAddress_Protocol.UDP }),
    listenerFilters: [filter],
    enableReusePort: true,
    udpListenerConfig: {},
  });
}

/** Opens it on more addresses, with the same port. */
export function addAddresses(frame: Listener, addresses: readonly string[]): void {
  const first = frame.address?.address;
  if (first?.case !== "socketAddress") return;
  const { protocol, portSpecifier } = first.value;
  const port = portSpecifier.case === "portValue" ? portSpecifier.value : 0;
  frame.additionalAddresses = addresses.map((address) =>
    create(AdditionalAddressSchema, { address: socketAddress({ address, port, protocol }) }),
  );
}

function socketAddress(given: {
  readonly address: string;
  readonly port: number;
  readonly protocol: SocketAddress_Protocol;
}): Address {
  const { address, port, protocol } = given;
  const value = {
    ...{ address, protocol },
    portSpecifier: { case: "portValue", value: port } as const,
    ipv4Compat: address === "::",
  };
  return create(AddressSchema, { address: { case: "socketAddress", value } });
}

/**
 * A listener's bytes are its frame's and then those of its chains (`filter_chains`, field 3, length-delimited): protobuf
 * fields may come in any order. So adding a host encodes one chain, not all of them.
 */
export function assembleListener(
  frame: Listener,
  chains: readonly Uint8Array[],
  relations: Relations,
): Resource {
  const bytes = Buffer.concat([toBinary(ListenerSchema, frame), ...chains]);
  return resourceOf({ type: "listener", name: frame.name, ...relations }, bytes);
}

/** What every listener with these settings keeps out. */
export function protectionsOf({ allowedClients }: ListenerSettings): readonly string[] {
  if (allowedClients.length === 0) return [];
  const networks = allowedClients.map((range) => `${range.addressPrefix}/${range.prefixLen}`);
  return [`clients outside ${networks.sort(compareText).join(" ")}`];
}

/** Filter chains as {@link assembleListener} takes them. */
export function encodeFilterChains(chains: readonly FilterChain[]): Uint8Array {
  return toBinary(ListenerSchema, create(ListenerSchema, { filterChains: [...chains] }));
}

/** Reads the server name from a handshake without taking part in it. */
export function tlsInspector(): ListenerFilter {
  return create(ListenerFilterSchema, {
    name: "envoy.filters.listener.tls_inspector",
    configType: typedConfig(TlsInspectorSchema, create(TlsInspectorSchema)),
  });
}

/** Takes the client's address from the header that a balancer puts before the first byte. */
function proxyProtocol(): ListenerFilter {
  return create(ListenerFilterSchema, {
    name: "envoy.filters.listener.proxy_protocol",
    configType: typedConfig(ProxyProtocolSchema, create(ProxyProtocolSchema)),
  });
}
