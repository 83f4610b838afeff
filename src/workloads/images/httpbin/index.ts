/** Stand-in for httpbin. */

import { fileURLToPath } from "node:url";
import type { StandIn } from "../stand-in.ts";

const file = fileURLToPath(new URL("./server.ts", import.meta.url));

export const httpbin: StandIn = {
  name: "httpbin",
  patterns: ["kennethreitz/httpbin"],
  defaultPort: 80,
  file,
};

/** The same in Go, which listens elsewhere. */
export const goHttpbin: StandIn = {
  name: "go-httpbin",
  patterns: ["mccutchen/go-httpbin"],
  defaultPort: 8080,
  file,
};
