/** Whose word about the client's address is believed, by filter chain: a peer is a trusted proxy or it is not. */

import { create } from "@bufbuild/protobuf";
import { clientAddressHeader } from "#authorization/policy.ts";
import type { CidrRange } from "#gen/envoy/config/core/v3/address_pb.ts";
import type { HttpConnectionManager } from "#gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.ts";
import { XffConfigSchema } from "#gen/envoy/extensions/http/original_ip_detection/xff/v3/xff_pb.ts";
import { typedExtension } from "../encode.ts";
import type { ListenerSettings } from "./settings.ts";

/**
 * `peer`: the connection's address is the client; X-Forwarded-Proto is overwritten, X-Forwarded-For is appended to.
 * `forwarded`: the peer is a trusted proxy; the last address in X-Forwarded-For that is no trusted proxy is the client,
 * and X-Forwarded-Proto stays.
 *
 * One connection manager cannot do both (Envoy takes `use_remote_address` or a list of networks), hence two chains.
 */
export type ClientAddress = "peer" | "forwarded";

/** The kinds of peers that a listener must tell apart, with what matches their connections. */
export interface Peers {
  readonly clientAddress: ClientAddress;
  /** What a filter chain must match to get their connections. */
  readonly match: { readonly sourcePrefixRanges?: CidrRange[] };
}

/** The kinds of peers that a listener must tell apart. */
export function peersOf({ trustedProxies }: ListenerSettings): readonly Peers[] {
  if (trustedProxies.length === 0) return [{ clientAddress: "peer", match: {} }];
  return [
    { clientAddress: "peer", match: {} },
    { clientAddress: "forwarded", match: { sourcePrefixRanges: [...trustedProxies] } },
  ];
}

/** The headers in which a listener says who the client is: one where some peers are believed. */
export function clientAddressHeaders({ trustedProxies }: ListenerSettings): readonly string[] {
  return trustedProxies.length === 0 ? [] : [clientAddressHeader];
}

export function clientAddressOptions(
  clientAddress: ClientAddress,
  settings: ListenerSettings,
): Pick<HttpConnectionManager, "useRemoteAddress" | "originalIpDetectionExtensions"> {
  if (clientAddress === "peer")
    return { useRemoteAddress: true, originalIpDetectionExtensions: [] };
  const xff = create(XffConfigSchema, {
    xffTrustedCidrs: { cidrs: [...settings.trustedProxies] },
    skipXffAppend: false,
  });
  return {
    useRemoteAddress: false,
    originalIpDetectionExtensions: [
      typedExtension("envoy.http.original_ip_detection.xff", XffConfigSchema, xff),
    ],
  };
}
