/** The filter chain that shows a certificate authority that a name is ours: it ends in nothing but a handshake (RFC 8737). */

import { create } from "@bufbuild/protobuf";
import type {
  Filter,
  FilterChainMatchSchema as MatchSchema,
} from "#gen/envoy/config/listener/v3/listener_components_pb.ts";
import {
  FilterChainMatchSchema,
  FilterChainSchema,
  FilterSchema,
} from "#gen/envoy/config/listener/v3/listener_components_pb.ts";
import { RouterSchema } from "#gen/envoy/extensions/filters/http/router/v3/router_pb.ts";
import {
  HttpConnectionManager_CodecType,
  HttpConnectionManagerSchema,
  HttpFilterSchema,
} from "#gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.ts";
import { type HandshakeAnswer, handshakeAnswerName } from "#model/handshake-answer.ts";
import { durationOf, type Init, typedConfig } from "../encode.ts";
import type { EncodedChain } from "./layout.ts";
import { encodeFilterChains } from "./listener.ts";
import { authorityProtocol, tlsForAuthorities } from "./tls.ts";

const longestConnection = durationOf(10_000);

/** The name of the chain for a host. */
export function challengeChainName(host: string): string {
  return `acme-tls/${host}`;
}

/** Without a match where a matcher chooses it by its name. `otherwise`: chains for other connections of that name. */
export function encodeChallengeChain(
  answer: HandshakeAnswer,
  match?: Init<typeof MatchSchema>,
  otherwise?: EncodedChain,
): EncodedChain {
  const { host } = answer;
  const secret = handshakeAnswerName(answer);
  const applicationProtocols = [authorityProtocol];
  const chain = create(FilterChainSchema, {
    name: challengeChainName(host),
    ...(match === undefined
      ? {}
      : { filterChainMatch: create(FilterChainMatchSchema, { ...match, applicationProtocols }) }),
    filters: [nothing()],
    transportSocket: tlsForAuthorities(secret),
    transportSocketConnectTimeout: longestConnection,
  });
  return {
    bytes: Buffer.concat([encodeFilterChains([chain]), otherwise?.bytes ?? new Uint8Array()]),
    secrets: [secret, ...(otherwise?.secrets ?? [])],
    proves: host,
    ...(otherwise?.cluster === undefined ? {} : { cluster: otherwise.cluster }),
  };
}

/** Whatever is said behind the handshake meets no route: what closes at once would end the handshake, too. */
function nothing(): Filter {
  const message = create(HttpConnectionManagerSchema, {
    statPrefix: "acme-tls",
    codecType: HttpConnectionManager_CodecType.HTTP1,
    routeSpecifier: { case: "routeConfig", value: { name: "acme-tls" } },
    httpFilters: [
      create(HttpFilterSchema, {
        name: "router",
        configType: typedConfig(RouterSchema, create(RouterSchema)),
      }),
    ],
    commonHttpProtocolOptions: {
      idleTimeout: longestConnection,
      maxConnectionDuration: longestConnection,
    },
    requestHeadersTimeout: longestConnection,
  });
  return create(FilterSchema, {
    name: "http",
    configType: typedConfig(HttpConnectionManagerSchema, message),
  });
}
