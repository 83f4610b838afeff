/** Messages into resources: the few wrappings that every Envoy resource needs. */

import type { DescMessage, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import { create } from "@bufbuild/protobuf";
import { WireType } from "@bufbuild/protobuf/wire";
import type { Any, Duration } from "@bufbuild/protobuf/wkt";
import { AnySchema, anyPack, DurationSchema } from "@bufbuild/protobuf/wkt";
import type { ConfigSource } from "#gen/envoy/config/core/v3/config_source_pb.ts";
import { ApiVersion, ConfigSourceSchema } from "#gen/envoy/config/core/v3/config_source_pb.ts";
import type { TypedExtensionConfig } from "#gen/envoy/config/core/v3/extension_pb.ts";
import { TypedExtensionConfigSchema } from "#gen/envoy/config/core/v3/extension_pb.ts";
import { ResourceSchema } from "#gen/envoy/service/discovery/v3/discovery_pb.ts";
import { encodeMessage } from "./encode-message.ts";
import {
  type Relations,
  type Resource,
  type ResourceName,
  typeUrls,
  versionOf,
} from "./resource.ts";
import { written } from "./written.ts";

/** What a message is made from, as a plain record that others can be joined with. */
export type Init<Schema extends DescMessage> = Exclude<
  MessageInitShape<Schema>,
  MessageShape<Schema>
>;

/** A message as the resource of that name. Maps in it must be filled in a fixed order: they are encoded as inserted. */
export function encodeResource<Schema extends DescMessage>(
  named: ResourceName & Relations & { readonly version?: string },
  schema: Schema,
  message: MessageInitShape<Schema>,
): Resource {
  return resourceOf(named, encodeMessage(schema, message));
}

/** The resource with these bytes. `version`: where other bytes would be worth the same; default that of the bytes. */
export function resourceOf(
  named: ResourceName & Relations & { readonly version?: string },
  bytes: Uint8Array,
): Resource {
  const version = named.version ?? versionOf(bytes, named.protections ?? []);
  const sent = wrap(named, version, bytes);
  return { ...named, version, bytes: sent.subarray(sent.length - bytes.length), sent };
}

/** `discovery.Resource` around `Any` around the bytes, which come last. */
function wrap({ type, name }: ResourceName, version: string, bytes: Uint8Array): Uint8Array {
  return written((writer) =>
    writer
      .fork()
      .tag(ResourceSchema.field.name.number, WireType.LengthDelimited)
      .string(name)
      .tag(ResourceSchema.field.version.number, WireType.LengthDelimited)
      .string(version)
      .tag(ResourceSchema.field.resource.number, WireType.LengthDelimited)
      .fork()
      .tag(AnySchema.field.typeUrl.number, WireType.LengthDelimited)
      .string(typeUrls[type])
      .tag(AnySchema.field.value.number, WireType.LengthDelimited)
      .bytes(bytes)
      .join()
      .join(),
  );
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
  return create(ConfigSourceSchema, adsSource);
}

/** The same for what Envoy must not begin without, however long it takes; else it gives up waiting after 15 s. */
export function overAdsHoweverLate(): ConfigSource {
  return create(ConfigSourceSchema, { ...adsSource, initialFetchTimeout: durationOf(0) });
}

const adsSource = {
  resourceApiVersion: ApiVersion.V3,
  configSourceSpecifier: { case: "ads", value: {} },
} as const;

/** Milliseconds as Envoy takes them. */
export function durationOf(milliseconds: number): Duration {
  return create(DurationSchema, {
    seconds: BigInt(Math.floor(milliseconds / 1000)),
    nanos: (milliseconds % 1000) * 1_000_000,
  });
}
