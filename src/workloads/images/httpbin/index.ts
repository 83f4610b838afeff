/** Stand-in for httpbin. */

import { fileURLToPath } from "node:url";
import type { StandIn } from "../stand-in.ts";

export const httpbin: StandIn = {
  name: "httpbin",
  patterns: ["kennethreitz/httpbin", "mccutchen/go-httpbin"],
  defaultPort: 80,
  file: fileURLToPath(new URL("./server.ts", import.meta.url)),
};
