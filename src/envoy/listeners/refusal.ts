/** Filter chains that answer a connection with fixed bytes and close it. */

import { create } from "@bufbuild/protobuf";
import type { FilterChain } from "#gen/envoy/config/listener/v3/listener_components_pb.ts";
import {
  FilterChainMatchSchema,
  FilterChainSchema,
  FilterSchema,
} from "#gen/envoy/config/listener/v3/listener_components_pb.ts";
import { ConfigSchema } from "#gen/envoy/extensions/filters/network/direct_response/v3/config_pb.ts";
import { typedConfig } from "../encode.ts";

/** A fatal alert `unrecognized_name`, RFC 8446 §6 and RFC 6066 §3: clients say so, instead of a mere reset. */
const unrecognizedName = new Uint8Array([0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x70]);

interface ChainMatch {
  readonly serverNames?: string[];
  readonly transportProtocol?: string;
}

const notTls = "This port speaks HTTPS.\n";

/** Refuses handshakes at once: there is no certificate, and another host's would be worse than none. */
export function buildRefusingChain(name: string, match?: ChainMatch): FilterChain {
  return answering(name, match, unrecognizedName);
}

/** Tells somebody who speaks plain HTTP to the TLS port. */
export function buildPlainTextChain(name: string, match?: ChainMatch): FilterChain {
  const answer = [
    "HTTP/1.1 400 Bad Request",
    "Connection: close",
    "Content-Type: text/plain",
    `Content-Length: ${notTls.length}`,
    "",
    notTls,
  ].join("\r\n");
  return answering(name, match, new TextEncoder().encode(answer));
}

function answering(name: string, match: ChainMatch | undefined, answer: Uint8Array): FilterChain {
  const config = create(ConfigSchema, {
    response: { specifier: { case: "inlineBytes", value: answer } },
  });
  return create(FilterChainSchema, {
    name,
    ...(match === undefined ? {} : { filterChainMatch: create(FilterChainMatchSchema, match) }),
    filters: [
      create(FilterSchema, { name: "answer", configType: typedConfig(ConfigSchema, config) }),
    ],
  });
}
