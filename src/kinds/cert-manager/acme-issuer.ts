/** What an Issuer or ClusterIssuer says of an ACME server (cert-manager API reference, "ACMEIssuer"). */

import {
  boolean,
  fields,
  list,
  oneOf,
  optional,
  type Parsed,
  required,
  text,
} from "#base/schema.ts";
import { acmeSolver } from "./acme-solver.ts";
import { secretKeyRef } from "./secret-key-ref.ts";

const externalAccountBinding = fields({
  keyID: required(text, "What the server calls the key."),
  keySecretRef: required(secretKeyRef, "The key, in base 64 for URLs without padding."),
  keyAlgorithm: optional(text, "Not read any more: it is HS256."),
});

/** Reads `spec.acme`. */
export const acmeIssuer = fields(
  {
    server: required(text, "The URL of its directory."),
    email: optional(text, "Whom the server tells of what concerns the account."),
    privateKeySecretRef: required(
      secretKeyRef,
      'The Secret with the account\'s key, which is made if it is not there; its key is "tls.key" by default.',
    ),
    caBundle: optional(text, "PEM certificates in base 64 that the server is verified by."),
    skipTLSVerify: optional(boolean, "Whether any certificate of the server will do."),
    externalAccountBinding: optional(
      externalAccountBinding,
      "An account elsewhere that the new one is bound to (RFC 8555 §7.3.4).",
    ),
    preferredChain: optional(
      text,
      "Of the chains that are offered, the first whose topmost certificate was issued under this common name.",
    ),
    profile: optional(text, "The profile of certificates that is asked for."),
    enableDurationFeature: optional(
      boolean,
      "Whether the server is told how long they are to hold.",
    ),
    disableAccountKeyGeneration: optional(boolean, "Whether the account's key is never made."),
    renewalInformationSource: optional(
      oneOf("ARI", "None"),
      "Whether the server is asked when to renew (RFC 9773); default ARI.",
    ),
    solvers: optional(list(acmeSolver), "How names are shown to be ours."),
  },
  {
    rule: "!(has(self.caBundle) && has(self.skipTLSVerify) && self.skipTLSVerify)",
    holds: ({ caBundle, skipTLSVerify }) => caBundle === undefined || skipTLSVerify !== true,
    message: "has caBundle and skipTLSVerify, of which only one can be",
  },
);

export type AcmeIssuer = Parsed<typeof acmeIssuer>;

/** The status of an issuer's account. */
export const acmeIssuerStatus = fields({
  uri: optional(text, "The URL of the account."),
  lastRegisteredEmail: optional(text, "The e-mail address that the account has."),
  lastPrivateKeyHash: optional(text, "A hash of the key that the account has."),
});

export type AcmeIssuerStatus = Parsed<typeof acmeIssuerStatus>;
