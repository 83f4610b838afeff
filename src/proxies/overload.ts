/** What an Envoy does as its memory or its connections run out. */

import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import { create } from "@bufbuild/protobuf";
import { anyPack } from "@bufbuild/protobuf/wkt";
import type {
  OverloadManager,
  ResourceMonitor,
  Trigger,
} from "#gen/envoy/config/overload/v3/overload_pb.ts";
import {
  OverloadManagerSchema,
  ResourceMonitorSchema,
  TriggerSchema,
} from "#gen/envoy/config/overload/v3/overload_pb.ts";
import { DownstreamConnectionsConfigSchema } from "#gen/envoy/extensions/resource_monitors/downstream_connections/v3/downstream_connections_pb.ts";
import { FixedHeapConfigSchema } from "#gen/envoy/extensions/resource_monitors/fixed_heap/v3/fixed_heap_pb.ts";

export interface OverloadSettings {
  readonly maxHeapBytes: number;
  readonly maxConnections: number;
}

const heap = "envoy.resource_monitors.fixed_heap";
const connections = "envoy.resource_monitors.global_downstream_max_connections";

/** Thresholds of Envoy's edge guide: close idle connections and give memory back, then refuse. */
export function buildOverloadManager(settings: OverloadSettings): OverloadManager {
  return create(OverloadManagerSchema, {
    refreshInterval: { nanos: 250_000_000 },
    resourceMonitors: [
      monitor(
        heap,
        FixedHeapConfigSchema,
        create(FixedHeapConfigSchema, { maxHeapSizeBytes: BigInt(settings.maxHeapBytes) }),
      ),
      monitor(
        connections,
        DownstreamConnectionsConfigSchema,
        create(DownstreamConnectionsConfigSchema, {
          maxActiveDownstreamConnections: BigInt(settings.maxConnections),
        }),
      ),
    ],
    actions: [
      { name: "envoy.overload_actions.disable_http_keepalive", triggers: [atHeap(0.92)] },
      { name: "envoy.overload_actions.shrink_heap", triggers: [atHeap(0.95)] },
      { name: "envoy.overload_actions.stop_accepting_requests", triggers: [atHeap(0.98)] },
    ],
    loadshedPoints: [
      { name: "envoy.load_shed_points.tcp_listener_accept", triggers: [atHeap(0.98)] },
    ],
  });
}

function monitor<Desc extends DescMessage>(
  name: string,
  schema: Desc,
  config: MessageShape<Desc>,
): ResourceMonitor {
  return create(ResourceMonitorSchema, {
    name,
    configType: { case: "typedConfig", value: anyPack(schema, config) },
  });
}

function atHeap(value: number): Trigger {
  return create(TriggerSchema, {
    name: heap,
    triggerOneof: { case: "threshold", value: { value } },
  });
}
