/** Settings → the HTTP connection manager that every filter chain has: scoped routes, and the hardening of an edge. */

import { create } from "@bufbuild/protobuf";
import { HttpProtocolOptions_HeadersWithUnderscoresAction } from "#gen/envoy/config/core/v3/protocol_pb.ts";
import type { Filter } from "#gen/envoy/config/listener/v3/listener_components_pb.ts";
import { FilterSchema } from "#gen/envoy/config/listener/v3/listener_components_pb.ts";
import type {
  HttpConnectionManager,
  ScopedRoutes,
} from "#gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.ts";
import {
  HttpConnectionManager_PathWithEscapedSlashesAction,
  HttpConnectionManagerSchema,
  ScopedRoutesSchema,
} from "#gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.ts";
import { durationOf, overAdsHoweverLate, typedConfig } from "../encode.ts";
import { bodyLimitName } from "../filters/body-limit.ts";
import { buildHttpFilters } from "../filters/order.ts";
import { scopeHeader } from "../internal-headers.ts";
import type { ClientAddress } from "./client-address.ts";
import { clientAddressOptions } from "./client-address.ts";
import type { ConnectionNaming } from "./early-headers.ts";
import { buildEarlyHeaderMutation } from "./early-headers.ts";
import type { ListenerSettings } from "./settings.ts";

/** The name under which all listeners subscribe to the scopes. */
const scopesName = "hosts";

export interface ConnectionKind {
  /** In the names of statistics: `http` or `https`. */
  readonly statPrefix: string;
  readonly naming: ConnectionNaming;
  readonly clientAddress: ClientAddress;
  /** The port of its own (`formatOwnPort`) where the connections come. Default: one of the gate. */
  readonly ownPort?: string;
}

export function buildHttpConnectionManager(
  settings: ListenerSettings,
  kind: ConnectionKind,
): Filter {
  const httpFilters = buildHttpFilters({
    allowedClients: settings.allowedClients,
    countsAnswers: settings.countsAnswers ?? true,
    byServerName: kind.naming === "by-server-name",
    forwarded: kind.clientAddress === "forwarded",
  });
  const message = create(HttpConnectionManagerSchema, {
    statPrefix: kind.statPrefix,
    routeSpecifier: { case: "scopedRoutes", value: scopedRoutes() },
    httpFilters,
    accessLog: [...settings.accessLog],
    earlyHeaderMutationExtensions: [
      buildEarlyHeaderMutation(kind.naming, kind.clientAddress, kind.ownPort),
    ],
    upgradeConfigs: [
      {
        upgradeType: "websocket",
        filters: httpFilters.filter(({ name }) => name !== bodyLimitName),
      },
    ],
    // A UUID a request, and nobody asked for one: a client's or a proxy's own X-Request-Id passes through.
    generateRequestId: false,
    ...clientAddressOptions(kind.clientAddress, settings),
    ...pathOptions,
    ...protocolOptions(),
    ...timeouts(),
  });
  return create(FilterSchema, {
    name: "http",
    configType: typedConfig(HttpConnectionManagerSchema, message),
  });
}

/** The scope header's text up to the first colon is the key: a port in the authority does not matter. */
function scopedRoutes(): ScopedRoutes {
  return create(ScopedRoutesSchema, {
    name: scopesName,
    scopeKeyBuilder: {
      fragments: [
        {
          type: {
            case: "headerValueExtractor",
            value: {
              name: scopeHeader,
              elementSeparator: ":",
              extractType: { case: "index", value: 0 },
            },
          },
        },
      ],
    },
    rdsConfigSource: overAdsHoweverLate(),
    configSpecifier: {
      case: "scopedRds",
      value: { scopedRdsConfigSource: overAdsHoweverLate() },
    },
  });
}

/**
 * Dot segments are resolved and double slashes merged before a path is matched, else `/a/../admin` and `//admin` get
 * around a rule for `/admin`. Escaped slashes stay: `%2F` within a name is usual (package scopes, queue names), and the
 * gate filter refuses those that hide a climb.
 */
const pathOptions = {
  normalizePath: true,
  mergeSlashes: true,
  pathWithEscapedSlashesAction: HttpConnectionManager_PathWithEscapedSlashesAction.KEEP_UNCHANGED,
} as const;

/**
 * A header with an underscore is dropped, as nginx does: a CGI-like backend cannot tell `X_Forwarded_For` from ours, and
 * refusing the whole request would break clients that only carry it along.
 */
function protocolOptions(): Pick<
  HttpConnectionManager,
  "commonHttpProtocolOptions" | "httpProtocolOptions" | "http2ProtocolOptions"
> {
  const { commonHttpProtocolOptions, httpProtocolOptions, http2ProtocolOptions } = create(
    HttpConnectionManagerSchema,
    {
      commonHttpProtocolOptions: {
        idleTimeout: durationOf(3_600_000),
        headersWithUnderscoresAction: HttpProtocolOptions_HeadersWithUnderscoresAction.DROP_HEADER,
      },
      // Health checks and load testers still speak HTTP/1.0, and Envoy would answer 426.
      httpProtocolOptions: { acceptHttp10: true },
      http2ProtocolOptions: {
        maxConcurrentStreams: 100,
        initialStreamWindowSize: 64 * 1024,
        initialConnectionWindowSize: 1024 * 1024,
      },
    },
  );
  return { commonHttpProtocolOptions, httpProtocolOptions, http2ProtocolOptions };
}

/** No limit on a whole request: uploads and streams take what they take. Slow headers and silence are limited. */
function timeouts(): Pick<HttpConnectionManager, "requestHeadersTimeout" | "streamIdleTimeout"> {
  return { requestHeadersTimeout: durationOf(10_000), streamIdleTimeout: durationOf(300_000) };
}
