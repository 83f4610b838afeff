/** What a running gate answers to other commands on its local socket. */

import { gateAnswers } from "#api/gate-calls.ts";
import { storeAnswers } from "#api/store-calls.ts";
import type { Json, JsonObject } from "#base/json.ts";
import { isJsonObject } from "#base/json.ts";
import type { Backend } from "#model/backend.ts";
import type { Clock } from "#runtime/clock.ts";
import type { LocalAnswer, LocalCall } from "#runtime/network/local-socket.ts";
import type { Metrics } from "#runtime/telemetry/metrics.ts";
import type { ObjectStore } from "#store/object-store.ts";
import { explainUrl } from "./explanation/explain-url.ts";
import type { Ports } from "./ports/ports.ts";
import type { Standalone } from "./standalone.ts";
import type { GateStatus } from "./statuses/gate-status.ts";

export interface GateServiceDeps {
  readonly store: ObjectStore;
  readonly metrics: Metrics;
  readonly clock: Clock;
}

export interface GateServiceFacts {
  readonly status: () => Promise<GateStatus>;
  readonly ports: Ports;
}

/** Answers `store.*` and `gate.*` calls. */
export function serveGateCalls(
  deps: GateServiceDeps,
  standalone: Standalone,
  facts: GateServiceFacts,
): (call: LocalCall) => Promise<LocalAnswer> {
  const ofStore = storeAnswers(deps.store);
  const ofGate = gateAnswers({
    "gate.ping": async () => null,
    "gate.status": facts.status,
    "gate.findings": async () => standalone.findings().map(standalone.located),
    "gate.locate": async (origin) => standalone.locate(origin) ?? null,
    "gate.metrics": () => deps.metrics.expose(),
    "gate.explain": ({ url, serverName }) =>
      explainUrl(new URL(url), serverName, {
        gateway: standalone.gate.pipeline.gateway,
        ports: facts.ports,
        locate: async (origin) => standalone.locate(origin),
        endpointsOf: async (backend) => endpointsOf(standalone, backend),
      }),
  });
  return async ({ method, input, signal }) => {
    if (method === "gate.logs") return logsAnswer(standalone, input, signal);
    const answer = ofStore(method, input, signal) ?? ofGate(method, input);
    return (
      (await answer) ?? {
        kind: "error",
        code: "unknown-call",
        message: `there is no call ${method}`,
      }
    );
  };
}

function endpointsOf({ gate }: Standalone, backend: Backend): readonly string[] {
  return gate.pipeline.endpointsOf(backend).map(({ address, port }) => `${address}:${port}`);
}

function logsAnswer({ workloads }: Standalone, input: Json, signal: AbortSignal): LocalAnswer {
  if (workloads === undefined)
    return { kind: "error", code: "no-workloads", message: "this gate runs no pods" };
  const { namespace, pod, container, follow } = (isJsonObject(input) ? input : {}) as JsonObject;
  const asked = {
    namespace: `${namespace ?? "default"}`,
    name: `${pod ?? ""}`,
    ...(typeof container === "string" ? { container } : {}),
  };
  return {
    kind: "stream",
    values: textOf(workloads.logs(asked, { follow: follow === true, previous: false }, signal)),
  };
}

async function* textOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Json> {
  const decoder = new TextDecoder();
  for await (const chunk of chunks) yield decoder.decode(chunk, { stream: true });
}
