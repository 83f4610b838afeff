/** What cert-manager asks of every issuer in its conformance suite, over ours; ACME's is in test/pebble. */

import { test } from "node:test";
import { issuersOnStage } from "#test/fakes/certificates/certificate-issuers.ts";
import { noOpenssl } from "#test/fakes/certificates/openssl.ts";
import { conforms, type UnsupportedRows } from "#test/issuers/conformance.ts";

const rsaOrEcdsa = {
  outcome: "refused",
  why: "AWS takes requests that are signed by RSA or ECDSA keys",
} as const;

const unsupported: Readonly<Record<string, UnsupportedRows>> = {
  "AWS Private CA": {
    "an Ed25519 key": rsaOrEcdsa,
    "an Ed25519 key and a common name": rsaOrEcdsa,
  },
};

for (const [issuer, open] of Object.entries(issuersOnStage)) {
  test(`an issuer of ${issuer} signs what cert-manager asks of every issuer`, {
    skip: noOpenssl,
  }, async (context) => {
    await conforms(context, await open(context), unsupported[issuer]);
  });
}
