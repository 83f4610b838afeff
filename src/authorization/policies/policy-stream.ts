/**
 * Policies from the control plane, over the delta stream that Envoy's own configuration comes over. Without a control plane
 * the adapter judges by what it has, and says so when one comes back.
 */

import { create } from "@bufbuild/protobuf";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport, Http2SessionManager } from "@connectrpc/connect-node";
import type { Json } from "#base/json.ts";
import { AggregatedDiscoveryService } from "#gen/envoy/service/discovery/v3/ads_pb.ts";
import {
  type DeltaDiscoveryRequest,
  DeltaDiscoveryRequestSchema,
  type DeltaDiscoveryResponse,
} from "#gen/envoy/service/discovery/v3/discovery_pb.ts";
import type { Clock } from "#runtime/clock.ts";
import type { DialAddress, Dialler } from "#runtime/network/dialler.ts";
import { pause } from "#runtime/pause.ts";
import type { Log } from "#runtime/telemetry/log.ts";
import { errorText, logFields } from "#runtime/telemetry/log-fields.ts";
import { policyTypeUrl } from "../policy.ts";
import type { PolicyStore } from "./policy-store.ts";

export interface PolicyStreamDeps {
  readonly clock: Clock;
  readonly dialler: Dialler;
  readonly log: Log;
  readonly policies: Pick<PolicyStore, "set" | "remove">;
}

export interface PolicyStreamSettings {
  /** The `node.id` of the Envoy beside us: so the control plane knows whose routes may name our policies. */
  readonly node: string;
  /** Where the control plane is; asked before each connection, as certificates are renewed. */
  readonly controlPlane: () => Promise<DialAddress>;
}

/** On one machine a control plane that comes back is found at once. */
const shortestWaitMs = 100;
const longestWaitMs = 2000;
/** Nothing is looked up by it: what is dialled is said. */
const baseUrl = "http://control-plane";
/** A node that dies sends no end. */
const pingEveryMs = 10_000;

/** Follows the control plane until `stopping`. */
export async function followPolicies(
  deps: PolicyStreamDeps,
  settings: PolicyStreamSettings,
  stopping: AbortSignal,
): Promise<void> {
  const versions = new Map<string, string>();
  let waitMs = shortestWaitMs;
  while (!stopping.aborted) {
    try {
      const heard = await followOnce(deps, settings, versions, stopping);
      if (heard) waitMs = shortestWaitMs;
    } catch (cause) {
      if (stopping.aborted) return;
      deps.log.debug("no policies from the control plane", {
        [logFields.error]: errorText(cause),
      });
    }
    await pause(deps.clock, Temporal.Duration.from({ milliseconds: waitMs }), stopping);
    waitMs = Math.min(longestWaitMs, waitMs * 2);
  }
}

/** One stream from its beginning to its end; whether anything came over it. */
async function followOnce(
  deps: PolicyStreamDeps,
  { node, controlPlane }: PolicyStreamSettings,
  versions: Map<string, string>,
  stopping: AbortSignal,
): Promise<boolean> {
  const address = await controlPlane();
  const ended = new AbortController();
  const signal = AbortSignal.any([stopping, ended.signal]);
  const sessionManager = new Http2SessionManager(
    baseUrl,
    { pingIntervalMs: pingEveryMs },
    { createConnection: () => deps.dialler.dial(address) },
  );
  const transport = createGrpcTransport({ baseUrl, sessionManager, acceptCompression: [] });
  const requests = new Requests(signal);
  requests.push({
    node: { id: node, cluster: "sekisho-authorization" },
    typeUrl: policyTypeUrl,
    resourceNamesSubscribe: ["*"],
    initialResourceVersions: Object.fromEntries(versions),
  });
  let heard = false;
  try {
    const client = createClient(AggregatedDiscoveryService, transport);
    for await (const response of client.deltaAggregatedResources(requests, { signal })) {
      take(deps, versions, response);
      requests.push({ typeUrl: policyTypeUrl, responseNonce: response.nonce });
      if (!heard) deps.log.info("policies come from the control plane");
      heard = true;
    }
  } finally {
    ended.abort();
    sessionManager.abort();
  }
  return heard;
}

function take(
  { policies, log }: PolicyStreamDeps,
  versions: Map<string, string>,
  { resources, removedResources }: DeltaDiscoveryResponse,
): void {
  for (const { name, version, resource } of resources) {
    policies.set(name, readJson(resource?.value));
    versions.set(name, version);
    log.info("a policy is in force", { [logFields.name]: name });
  }
  for (const name of removedResources) {
    policies.remove(name);
    versions.delete(name);
    log.info("a policy is no longer wanted", { [logFields.name]: name });
  }
}

/** null for what is no JSON: a policy that lets nobody pass. */
function readJson(bytes: Uint8Array | undefined): Json {
  try {
    return JSON.parse(Buffer.from(bytes ?? []).toString("utf8")) as Json;
  } catch {
    // From a control plane of another version: the answer to that is that nobody passes.
    return null;
  }
}

type RequestFields = Parameters<typeof create<typeof DeltaDiscoveryRequestSchema>>[1];

/** What we say on the stream, as it comes up. */
class Requests implements AsyncIterable<DeltaDiscoveryRequest> {
  readonly #waiting: DeltaDiscoveryRequest[] = [];
  readonly #signal: AbortSignal;
  #more = Promise.withResolvers<void>();

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener("abort", () => this.#more.resolve(), { once: true });
  }

  push(fields: RequestFields): void {
    this.#waiting.push(create(DeltaDiscoveryRequestSchema, fields));
    this.#more.resolve();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<DeltaDiscoveryRequest> {
    while (!this.#signal.aborted) {
      const next = this.#waiting.shift();
      if (next !== undefined) {
        yield next;
        continue;
      }
      await this.#more.promise;
      this.#more = Promise.withResolvers<void>();
    }
  }
}
