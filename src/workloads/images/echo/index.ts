/** Stand-in for images that show the request they got. */

import { fileURLToPath } from "node:url";
import type { StandIn } from "../stand-in.ts";

export const echo: StandIn = {
  name: "echo",
  patterns: [
    "hashicorp/http-echo",
    "ealen/echo-server",
    "echo-basic",
    "mendhak/http-https-echo",
    "sekisho/echo",
  ],
  defaultPort: 8080,
  file: fileURLToPath(new URL("./server.ts", import.meta.url)),
};
