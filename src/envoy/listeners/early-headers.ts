/** What happens to a request's headers before anything reads them: ours are set, and whatever a client sent instead is gone. */

import { create } from "@bufbuild/protobuf";
import type { HeaderMutation } from "#gen/envoy/config/common/mutation_rules/v3/mutation_rules_pb.ts";
import { HeaderMutationSchema } from "#gen/envoy/config/common/mutation_rules/v3/mutation_rules_pb.ts";
import { HeaderValueOption_HeaderAppendAction } from "#gen/envoy/config/core/v3/base_pb.ts";
import type { TypedExtensionConfig } from "#gen/envoy/config/core/v3/extension_pb.ts";
import { HeaderMutationSchema as EarlyHeaderMutationSchema } from "#gen/envoy/extensions/http/early_header_mutation/header_mutation/v3/header_mutation_pb.ts";
import { typedExtension } from "../encode.ts";
import {
  connectionHeader,
  exactPrefix,
  internalHeaderPrefix,
  namedConnection,
  ownExactPrefix,
  ownPortHeader,
  plainConnection,
  scopeHeader,
  serverNamePrefix,
} from "../internal-headers.ts";
import type { ClientAddress } from "./client-address.ts";

/** How a listener's connections name their certificate. */
export type ConnectionNaming =
  /** Without TLS there is none. */
  | "none"
  /** One filter chain a certificate: the chain's name says it, so that all chains share one configuration. */
  | "by-chain"
  /** One filter chain for all: the name that the handshake asked for says it. */
  | "by-server-name"
  /** One filter chain for this certificate, in one of several forms. */
  | { readonly as: string };

/** What stands behind the key in the scope header: it tells plain connections from others, and chains apart. */
const marks = {
  none: plainConnection,
  "by-chain": "%FILTER_CHAIN_NAME%",
  "by-server-name": namedConnection,
} as const;

/** How headers begin in which gateways tell upstreams of a client's certificate. */
const certificatePrefixes = ["ssl-client-", "x-ssl-client-"];

/**
 * The scope header is set from the authority before the scope is chosen. `x-envoy-` headers of a client would set
 * timeouts and retries of the router, and Envoy strips them itself only on connections that it takes for the edge.
 *
 * Only who ended the connection of a client knows what it showed there: we, or a proxy before us that is trusted. Envoy
 * itself removes X-Forwarded-Client-Cert.
 */
export function buildEarlyHeaderMutation(
  naming: ConnectionNaming,
  clientAddress: ClientAddress,
  ownPort?: string,
): TypedExtensionConfig {
  const prefix = ownPort === undefined ? exactPrefix : ownExactPrefix;
  const mutations = [
    removal(internalHeaderPrefix),
    removal("x-envoy-"),
    ...(clientAddress === "peer" ? certificatePrefixes.map(removal) : []),
    setting(scopeHeader, `${prefix}%REQ(:authority)%:${markOf(naming)}`),
    ...(ownPort === undefined ? [] : [setting(ownPortHeader, ownPort)]),
    ...connectionNames(naming).map((name) => setting(connectionHeader, name)),
  ];
  return typedExtension(
    "sekisho.internal-headers",
    EarlyHeaderMutationSchema,
    create(EarlyHeaderMutationSchema, { mutations }),
  );
}

function markOf(naming: ConnectionNaming): string {
  return typeof naming === "string" ? marks[naming] : naming.as;
}

/** At most one: a header of a name of our own costs as much as ten filters, so chains do without. */
function connectionNames(naming: ConnectionNaming): readonly string[] {
  if (typeof naming !== "string") return [naming.as];
  return naming === "by-server-name" ? [`${serverNamePrefix}%REQUESTED_SERVER_NAME%`] : [];
}

function removal(prefix: string): HeaderMutation {
  return create(HeaderMutationSchema, {
    action: {
      case: "removeOnMatch",
      value: { keyMatcher: { matchPattern: { case: "prefix", value: prefix }, ignoreCase: true } },
    },
  });
}

function setting(key: string, value: string): HeaderMutation {
  return create(HeaderMutationSchema, {
    action: {
      case: "append",
      value: {
        header: { key, value },
        appendAction: HeaderValueOption_HeaderAppendAction.OVERWRITE_IF_EXISTS_OR_ADD,
        keepEmptyValue: true,
      },
    },
  });
}
