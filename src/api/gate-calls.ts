/** What a running gate can be asked beside its store. */

import type { Finding } from "#base/finding.ts";
import type { Json } from "#base/json.ts";
import type { Origin, Place } from "#base/origin.ts";
import type { Explanation } from "#gate/explanation/explanation.ts";
import type { GateStatus } from "#gate/statuses/gate-status.ts";
import type { LocalAnswer, LocalSocket } from "#runtime/network/local-socket.ts";

/** A finding with the line it is about, where that is known. */
export interface LocatedFinding {
  readonly finding: Finding;
  readonly place?: Place;
}

/** Input and output of each call. */
export interface GateCalls {
  readonly "gate.ping": { readonly input: null; readonly output: null };
  readonly "gate.status": { readonly input: null; readonly output: GateStatus };
  readonly "gate.findings": { readonly input: null; readonly output: readonly LocatedFinding[] };
  /** Where in the files an object, or a field of it, is; null for what is stored. */
  readonly "gate.locate": { readonly input: Origin; readonly output: Place | null };
  readonly "gate.explain": {
    readonly input: { readonly url: string; readonly serverName?: string };
    readonly output: Explanation;
  };
  readonly "gate.metrics": { readonly input: null; readonly output: string };
}

export type GateHandlers = {
  readonly [M in keyof GateCalls]: (
    input: GateCalls[M]["input"],
  ) => Promise<GateCalls[M]["output"]>;
};

/** Asks the gate that answers on the socket `path`; throws LocalSocketError. */
export async function askGate<M extends keyof GateCalls>(
  socket: LocalSocket,
  path: string,
  method: M,
  input: GateCalls[M]["input"],
): Promise<GateCalls[M]["output"]> {
  return (await socket.call(
    path,
    method,
    input as unknown as Json,
  )) as unknown as GateCalls[M]["output"];
}

/** Answers `gate.<name>` calls; undefined for other methods. */
export function gateAnswers(
  handlers: GateHandlers,
): (method: string, input: Json) => Promise<LocalAnswer> | undefined {
  return (method, input) => {
    if (!Object.hasOwn(handlers, method)) return undefined;
    const handler = handlers[method as keyof GateHandlers] as (input: unknown) => Promise<unknown>;
    return handler(input).then((value): LocalAnswer => ({ kind: "value", value: value as Json }));
  };
}
