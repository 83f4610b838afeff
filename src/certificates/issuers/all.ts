/** Every way of signing, one line each: {@link issuerBackends}. */

import { createAwsPca } from "./aws-pca/aws-pca.ts";
import type { IssuerBackend, IssuerDeps } from "./issuer.ts";

export const issuerBackends = [createAwsPca] as const satisfies readonly ((
  deps: IssuerDeps,
) => IssuerBackend)[];
