/** Every dialect, one line each. */

import type { Dialect } from "./dialect.ts";
import { ingress } from "./ingress/index.ts";
import { nginx } from "./nginx/index.ts";

export const dialects = [ingress, nginx] as const satisfies readonly Dialect[];
