/** One resource in the form it has inside a delta response: encoded once, shared by all proxies. */

import type { UnknownField } from "@bufbuild/protobuf";
import { create, toBinary } from "@bufbuild/protobuf";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import type { Resource } from "#envoy/resource.ts";
import { typeUrls } from "#envoy/resource.ts";
import { ResourceSchema } from "#gen/envoy/service/discovery/v3/discovery_pb.ts";

/** `DeltaDiscoveryResponse.resources`. */
const resourcesField = 2;

export interface EncodedResource {
  readonly resource: Resource;
  /** The field as it goes into a response: protobuf-es writes fields it is given as unknown verbatim. */
  readonly field: UnknownField;
  /** What the field adds to a response. */
  readonly bytes: number;
}

/** Wraps a resource's bytes in `Any` and `discovery.Resource`, without looking into them. */
export function encodeResource(resource: Resource): EncodedResource {
  const message = create(ResourceSchema, {
    name: resource.name,
    version: resource.version,
    resource: { typeUrl: typeUrls[resource.type], value: resource.bytes },
  });
  const data = new BinaryWriter().bytes(toBinary(ResourceSchema, message)).finish();
  return {
    resource,
    field: { no: resourcesField, wireType: WireType.LengthDelimited, data },
    bytes: data.length + 1,
  };
}
