/** Runs one delta stream over Connect: requests are taken in as they come, responses go out as the proxy reads. */

import { Code, ConnectError } from "@connectrpc/connect";
import { unreachable } from "#base/unreachable.ts";
import type {
  DeltaDiscoveryRequest,
  DeltaDiscoveryResponse,
} from "#gen/envoy/service/discovery/v3/discovery_pb.ts";
import type { ProxyStream } from "./proxy-stream.ts";
import type { LimitExceeded } from "./stream-limits.ts";

/** How the server opens and closes streams. */
export interface StreamHost {
  /** Opens a stream on its first request; throws a ConnectError when that names no node. */
  readonly open: (first: DeltaDiscoveryRequest) => ProxyStream;
  /** Called after each request was taken in. */
  readonly received: () => void;
  /** Forgets the stream; calling it again does nothing. */
  readonly close: (stream: ProxyStream) => void;
  /** Ends every stream when the server stops. */
  readonly stopping: AbortSignal;
}

/** Responses for as long as the proxy or the server keeps the stream open. One at a time: the next is made when the last was written. */
export async function* serveDelta(
  requests: AsyncIterable<DeltaDiscoveryRequest>,
  host: StreamHost,
): AsyncGenerator<DeltaDiscoveryResponse> {
  const iterator = requests[Symbol.asyncIterator]();
  const first = await iterator.next();
  if (first.done === true) return;
  const stream = host.open(first.value);
  const signals = new StreamSignals(stream, host.stopping);
  // Closing here too, not only below: a write to a proxy that went away may never come back.
  const end = (failure?: unknown): void => {
    signals.end(failure);
    host.close(stream);
  };
  void readRequests(iterator, stream, { first: first.value, received: host.received }).then(
    () => end(),
    end,
  );
  try {
    while (!signals.ended) {
      const response = stream.next();
      if (response === undefined) await signals.work();
      else yield response;
    }
    if (signals.failure !== undefined) throw signals.failure;
  } finally {
    signals.dispose();
    host.close(stream);
  }
}

async function readRequests(
  iterator: AsyncIterator<DeltaDiscoveryRequest>,
  stream: ProxyStream,
  options: { readonly first: DeltaDiscoveryRequest; readonly received: () => void },
): Promise<void> {
  let request = options.first;
  for (;;) {
    const taken = stream.receive(request);
    if (!taken.ok) throw limitError(taken.error);
    options.received();
    const next = await iterator.next();
    if (next.done === true) return;
    request = next.value;
  }
}

/** A bound as gRPC says it. */
export function limitError({ code, message }: LimitExceeded): ConnectError {
  switch (code) {
    case "too-many-names":
      return new ConnectError(message, Code.ResourceExhausted);
    case "name-too-long":
    case "bad-node-id":
      return new ConnectError(message, Code.InvalidArgument);
    default:
      return unreachable(code);
  }
}

/** Wakes the writer when there is work or the end. */
class StreamSignals {
  readonly #stream: ProxyStream;
  readonly #stopping: AbortSignal;
  readonly #stop = (): void => this.end();
  #wake = Promise.withResolvers<void>();
  #ended = false;
  #failure: unknown;

  constructor(stream: ProxyStream, stopping: AbortSignal) {
    this.#stream = stream;
    this.#stopping = stopping;
    stream.onWork = () => this.#wake.resolve();
    stream.end = () => this.end(new ConnectError("connect anew", Code.Unavailable));
    stopping.addEventListener("abort", this.#stop, { once: true });
    if (stopping.aborted) this.end();
  }

  get ended(): boolean {
    return this.#ended;
  }

  get failure(): unknown {
    return this.#failure;
  }

  /** Resolves when the stream may have work, or ended. */
  async work(): Promise<void> {
    await this.#wake.promise;
    this.#wake = Promise.withResolvers<void>();
  }

  end(failure?: unknown): void {
    this.#ended = true;
    this.#failure ??= failure;
    this.#wake.resolve();
  }

  dispose(): void {
    this.#stopping.removeEventListener("abort", this.#stop);
    this.#stream.onWork = () => undefined;
    this.#stream.end = () => undefined;
  }
}
