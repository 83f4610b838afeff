/** The built-in stand-ins for demo images: one line each. */

import { echo } from "./echo/index.ts";
import { goHttpbin, httpbin } from "./httpbin/index.ts";
import { jsonHello } from "./json-hello/index.ts";
import { nginxHello } from "./nginx-hello/index.ts";
import type { StandIn } from "./stand-in.ts";

/** Every stand-in; a user's `images:` come before them. */
export const standIns: readonly StandIn[] = [echo, goHttpbin, httpbin, jsonHello, nginxHello];
