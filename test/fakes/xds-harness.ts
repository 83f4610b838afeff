/** Our xDS server on a Unix socket with fake clients, gone when the test ends, however it ends. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { resourceOf } from "#envoy/encode.ts";
import type { Relations, Resource, ResourceType } from "#envoy/resource.ts";
import { createHttp2Server } from "#runtime/http/real-http2-server.ts";
import type { Metrics } from "#runtime/telemetry/metrics.ts";
import { createMetrics } from "#runtime/telemetry/real-metrics.ts";
import { createHttp2Handler } from "#xds/http2-handler.ts";
import type { XdsServer, XdsServerDeps } from "#xds/xds-server.ts";
import { createXdsServer } from "#xds/xds-server.ts";
import { DeltaClient } from "./delta-client.ts";
import type { ManualClock } from "./runtime/manual-clock.ts";
import { createManualClock } from "./runtime/manual-clock.ts";
import { silentLog } from "./runtime/silent-log.ts";

export interface XdsHarness {
  readonly xds: XdsServer;
  readonly clock: ManualClock;
  readonly metrics: Metrics;
  /** Opens a stream; an undefined node is left out of the first request. */
  readonly client: (node?: string | undefined, kind?: "aggregated" | "secrets") => DeltaClient;
}

/** Starts the server with nothing published. */
export async function startXds(
  test: TestContext,
  options: Pick<
    XdsServerDeps,
    "resolveSecret" | "secretsInUse" | "limits" | "verdicts" | "isReplicated"
  > = {},
): Promise<XdsHarness> {
  const undo = new AsyncDisposableStack();
  test.after(() => undo.disposeAsync());
  const directory = mkdtempSync(join(tmpdir(), "sekisho-xds-"));
  undo.defer(() => rmSync(directory, { recursive: true, force: true }));
  const clock = createManualClock();
  const metrics = await createMetrics();
  const xds = createXdsServer({ clock, log: silentLog, metrics, ...options });
  const path = join(directory, "xds.sock");
  const listener = await createHttp2Server().listen(
    { kind: "unix", path },
    createHttp2Handler(xds.routes),
  );
  undo.defer(() => listener.close());
  undo.defer(() => xds.close());
  const client: XdsHarness["client"] = (node, kind = "aggregated") =>
    undo.use(new DeltaClient(path, node, kind));
  return { xds, clock, metrics, client };
}

/** A resource with a text for content, where messages of its type have their name: the least that can be read as one. */
export function resource(
  type: ResourceType,
  name: string,
  text: string,
  relations: Relations = {},
): Resource {
  const bytes = new BinaryWriter().tag(1, WireType.LengthDelimited).string(text).finish();
  return resourceOf({ type, name, ...relations }, bytes);
}
