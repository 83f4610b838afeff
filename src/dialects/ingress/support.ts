/** Every field and annotation of core Ingress, and what becomes of it. */

import { certificateSupport } from "../common/ingress-certificates.ts";
import type { SupportRow } from "../common/support.ts";
import { backendSupport } from "./features/backend.ts";
import { classSupport } from "./features/class.ts";
import { hostSupport } from "./features/host.ts";
import { pathSupport } from "./features/path.ts";
import { tlsSupport } from "./features/tls.ts";

export const ingressSupport: readonly SupportRow[] = [
  ...classSupport,
  ...hostSupport,
  ...pathSupport,
  ...backendSupport,
  ...tlsSupport,
  ...certificateSupport,
];
