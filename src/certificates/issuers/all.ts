/** Every way of signing, one line each: {@link issuerBackends}. */

import { createAwsPca } from "./aws-pca/aws-pca.ts";
import { createCa } from "./ca/ca.ts";
import type { IssuerBackend, IssuerDeps } from "./issuer.ts";
import { createSelfSigned } from "./self-signed/self-signed.ts";

export const issuerBackends = [
  createAwsPca,
  createCa,
  createSelfSigned,
] as const satisfies readonly ((deps: IssuerDeps) => IssuerBackend)[];
