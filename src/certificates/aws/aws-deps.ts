/** What calls to AWS need of the outside world. */

import type { Clock } from "#runtime/clock.ts";
import type { OutboundDoor } from "../outbound/outbound-door.ts";
import type { Variables } from "./endpoint.ts";

export interface AwsDeps {
  readonly clock: Clock;
  readonly outbound: OutboundDoor;
  /** The operator's: endpoints; credentials of the process are looked for by the SDK itself. */
  readonly variables: Variables;
}
