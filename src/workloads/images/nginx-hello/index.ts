/** Stand-in for the plain-text demo page of NGINX. */

import { fileURLToPath } from "node:url";
import type { StandIn } from "../stand-in.ts";

export const nginxHello: StandIn = {
  name: "nginx-hello",
  patterns: [
    "nginxdemos/nginx-hello:*plain-text*",
    "nginxdemos/hello:*plain-text*",
    "nginxinc/nginx-hello:*plain-text*",
    "nginxinc/hello:*plain-text*",
  ],
  defaultPort: 8080,
  file: fileURLToPath(new URL("./server.ts", import.meta.url)),
};
