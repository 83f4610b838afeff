/** The adapter put together: policies from the control plane, questions from Envoy, and who may pass. */

import type { Clock } from "#runtime/clock.ts";
import type { HttpClients } from "#runtime/http/http-client.ts";
import type { Http2Server } from "#runtime/http/http2-server.ts";
import type { Dialler } from "#runtime/network/dialler.ts";
import type { Workers } from "#runtime/processes/workers.ts";
import type { Random } from "#runtime/random.ts";
import type { Log } from "#runtime/telemetry/log.ts";
import { errorText, logFields } from "#runtime/telemetry/log-fields.ts";
import { createCheckService } from "./check-service.ts";
import { judgeRequest } from "./judge-request.ts";
import type { HashQuestion } from "./passwords/hash-worker.ts";
import { PasswordJudge } from "./passwords/password-judge.ts";
import { PolicyStore } from "./policies/policy-store.ts";
import { followPolicies, type PolicyStreamSettings } from "./policies/policy-stream.ts";

export interface AdapterDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly http2: Http2Server;
  readonly clients: HttpClients;
  readonly dialler: Dialler;
  readonly workers: Workers;
  readonly log: Log;
}

export interface AdapterSettings extends PolicyStreamSettings {
  /** The Unix socket on which Envoy asks. */
  readonly socket: string;
}

/** Passwords of one client that wait for their turn, and of all. */
const waitingOfOne = 8;
const waiting = 512;

/** Answers Envoy until `stopping`. Throws Http2ServerError when it cannot listen. */
export async function runAdapter(
  deps: AdapterDeps,
  settings: AdapterSettings,
  stopping: AbortSignal,
): Promise<void> {
  await using undo = new AsyncDisposableStack();
  const key = deps.random.bytes(32);
  // One: whoever guesses has one processor at most, and that at the lowest priority.
  const worker = deps.workers.start<HashQuestion, boolean>(
    new URL("./passwords/hash-worker.ts", import.meta.url),
  );
  undo.defer(() => worker.end());
  const passwords = new PasswordJudge(
    { clock: deps.clock, key, verify: (question) => worker.ask(question) },
    { queue: { parallel: 1, waitingOfOne, waiting } },
  );
  const policies = new PolicyStore({ ...deps, passwords, key });
  undo.defer(() => policies.close());
  const handler = createCheckService(
    (names, check, signal) => judgeRequest(policies, names, check, signal),
    (error) =>
      deps.log.error("a question could not be answered", { [logFields.error]: errorText(error) }),
  );
  const listener = await deps.http2.listen({ kind: "unix", path: settings.socket }, handler);
  undo.defer(() => listener.close());
  deps.log.info("answering for Envoy");
  await followPolicies({ ...deps, policies }, settings, stopping);
}
