/** Messages into resources: the few wrappings that every Envoy resource needs. */

import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import { create, toBinary } from "@bufbuild/protobuf";
import type { Any, Duration } from "@bufbuild/protobuf/wkt";
import { anyPack, DurationSchema } from "@bufbuild/protobuf/wkt";
import { contentHash } from "#base/content-hash.ts";
import type { ConfigSource } from "#gen/envoy/config/core/v3/config_source_pb.ts";
import { ApiVersion, ConfigSourceSchema } from "#gen/envoy/config/core/v3/config_source_pb.ts";
import type { TypedExtensionConfig } from "#gen/envoy/config/core/v3/extension_pb.ts";
import { TypedExtensionConfigSchema } from "#gen/envoy/config/core/v3/extension_pb.ts";
import type { Resource, ResourceType } from "./resource.ts";

/** A message as the resource of that name. Maps in it must be filled in a fixed order: they are encoded as inserted. */
export function encodeResource<Schema extends DescMessage>(
  type: ResourceType,
  name: string,
  schema: Schema,
  message: MessageShape<Schema>,
): Resource {
  return resourceOf(type, name, toBinary(schema, message));
}

/** The resource with these bytes. */
export function resourceOf(type: ResourceType, name: string, bytes: Uint8Array): Resource {
  return { type, name, version: contentHash(bytes), bytes };
}

/** The named extension with its configuration, wrapped as Envoy takes it. */
export function typedExtension<Schema extends DescMessage>(
  name: string,
  schema: Schema,
  message: MessageShape<Schema>,
): TypedExtensionConfig {
  return create(TypedExtensionConfigSchema, { name, typedConfig: anyPack(schema, message) });
}

/** `typed_config` of listener, network and HTTP filters. */
export function typedConfig<Schema extends DescMessage>(
  schema: Schema,
  message: MessageShape<Schema>,
): { readonly case: "typedConfig"; readonly value: Any } {
  return { case: "typedConfig", value: anyPack(schema, message) };
}

/** What is behind a name comes over the one delta stream that everything comes over. */
export function overAds(): ConfigSource {
  return create(ConfigSourceSchema, {
    resourceApiVersion: ApiVersion.V3,
    configSourceSpecifier: { case: "ads", value: {} },
  });
}

/** Milliseconds as Envoy takes them. */
export function durationOf(milliseconds: number): Duration {
  return create(DurationSchema, {
    seconds: BigInt(Math.floor(milliseconds / 1000)),
    nanos: (milliseconds % 1000) * 1_000_000,
  });
}
