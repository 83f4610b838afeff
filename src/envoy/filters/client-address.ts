/** The filter that tells the authorization adapter who the client is, where a trusted proxy says it: Envoy itself tells the peer. */

import { create } from "@bufbuild/protobuf";
import { clientAddressHeader } from "#authorization/policy.ts";
import { HeaderValueOption_HeaderAppendAction } from "#gen/envoy/config/core/v3/base_pb.ts";
import { HeaderMutationSchema } from "#gen/envoy/extensions/filters/http/header_mutation/v3/header_mutation_pb.ts";
import type { HttpFilter } from "#gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.ts";
import { HttpFilterSchema } from "#gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.ts";
import { typedConfig } from "../encode.ts";

export function clientAddressFilter(): HttpFilter {
  const header = {
    key: clientAddressHeader,
    value: "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%",
  };
  const appendAction = HeaderValueOption_HeaderAppendAction.OVERWRITE_IF_EXISTS_OR_ADD;
  return create(HttpFilterSchema, {
    name: "sekisho.client.address",
    configType: typedConfig(
      HeaderMutationSchema,
      create(HeaderMutationSchema, {
        mutations: {
          requestMutations: [{ action: { case: "append", value: { header, appendAction } } }],
        },
      }),
    ),
  });
}
