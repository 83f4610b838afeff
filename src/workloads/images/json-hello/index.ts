/** Stand-in for a JSON greeting. */

import { fileURLToPath } from "node:url";
import type { StandIn } from "../stand-in.ts";

export const jsonHello: StandIn = {
  name: "json-hello",
  patterns: ["nmatsui/hello-world-api"],
  defaultPort: 3000,
  file: fileURLToPath(new URL("./server.ts", import.meta.url)),
};
