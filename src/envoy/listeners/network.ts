/** `10.0.0.0/8` or one address, as settings have it → Envoy's range. */

import { create } from "@bufbuild/protobuf";
import type { CidrRange } from "#gen/envoy/config/core/v3/address_pb.ts";
import { CidrRangeSchema } from "#gen/envoy/config/core/v3/address_pb.ts";

/** `network` must be one that `config` has accepted. */
export function cidrRangeOf(network: string): CidrRange {
  const [address = "", length] = network.split("/");
  const whole = address.includes(":") ? 128 : 32;
  return create(CidrRangeSchema, {
    addressPrefix: address,
    prefixLen: length === undefined ? whole : Number(length),
  });
}
