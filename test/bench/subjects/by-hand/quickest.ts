/** By hand for speed alone: nothing that a request can do without. */

import type { Subject } from "../subject.ts";
import { handWritten, type Wishes } from "./hand-written.ts";
import { staticEnvoy } from "./static-envoy.ts";

const nothing: Wishes = {
  bootstrap: {},
  statistics: [
    { safe_regex: { regex: "http\\.[^.]+\\.downstream_(rq|cx)_(total|active|[1-5]xx)" } },
    { safe_regex: { regex: "cluster\\.[^.]+\\.upstream_(rq|cx)_total" } },
  ],
  manager: {},
  routeConfiguration: {},
  virtualHost: {},
  cluster: {},
  tls: {},
  ownHostOnly: false,
};

export function quickestByHand(version: string): Subject {
  return staticEnvoy({
    name: "Envoy by hand",
    how: "one static file with virtual hosts in the listener, the router as only filter, no request ids, few statistics, no xDS; no retries, no X-Forwarded-Host, no limits, any host on any TLS connection",
    version,
    bootstrap: (world, place) => handWritten(world, place, nothing),
  });
}
