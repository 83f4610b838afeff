/** Every dialect, one line each. */

import type { Dialect } from "./dialect.ts";
import { ingress } from "./ingress/index.ts";

export const dialects = [ingress] as const satisfies readonly Dialect[];
