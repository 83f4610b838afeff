/** A listener without some of its filter chains: what is left of it when Envoy takes all but these. */

import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { FilterChainSchema } from "#gen/envoy/config/listener/v3/listener_components_pb.ts";
import { ListenerSchema } from "#gen/envoy/config/listener/v3/listener_pb.ts";
import { encodeResource } from "../encode.ts";
import { chainName } from "../internal-headers.ts";
import type { Resource } from "../resource.ts";

/** The names of a listener's filter chains, each with a text that differs when the chain does. */
export function chainsIn(listener: Resource): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  for (const chain of fromBinary(ListenerSchema, listener.bytes).filterChains) {
    const text = Buffer.from(toBinary(FilterChainSchema, chain)).toString("base64");
    texts.set(chain.name, `${texts.get(chain.name) ?? ""}${text} `);
  }
  return texts;
}

/**
 * The listener without the chains of that name. Handshakes for their server names meet another chain or none; what
 * comes over another one is misdirected there, see `routes/misdirected.ts`.
 */
export function withoutChain(listener: Resource, name: string): Resource {
  const message = fromBinary(ListenerSchema, listener.bytes);
  message.filterChains = message.filterChains.filter((chain) => chain.name !== name);
  const { needs = [], uses = [], protections = [] } = listener;
  return encodeResource(
    {
      ...{ type: "listener", name: listener.name, uses, protections },
      needs: needs.filter((need) => chainName(need.name) !== name),
    },
    ListenerSchema,
    message,
  );
}
