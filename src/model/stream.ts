/** Connections and datagrams that are not HTTP, and to whom they go. */

import type { Origin } from "#base/origin.ts";
import type { Backend } from "./backend.ts";

/** Bytes are passed on as they come. A backend that balances by hash does so by the client's address. */
export interface Stream {
  readonly backend: Backend;
  /** With no byte either way for so long it ends. */
  readonly idleTimeoutMs: number;
  /** How often a connection to the backend is tried, each time with the endpoint that is next. */
  readonly connectAttempts: number;
  /** Every datagram goes to the endpoint that is next. Default: those of one client stay with one. */
  readonly spreadsDatagrams?: true;
}

/** A stream that takes handshakes of a host and passes them on unopened, and who asked for it. */
export interface Passthrough {
  readonly stream: Stream;
  readonly origin: Origin;
}
