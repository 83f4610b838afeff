/** What an Issuer or ClusterIssuer says of an ACME server (cert-manager API reference, "ACMEIssuer"). */

import { anything, boolean, fields, list, oneOf, optional, required, text } from "#base/schema.ts";

const secretKey = fields({
  name: required(text, "Name of the Secret."),
  key: optional(text, "Its key."),
});

const externalAccountBinding = fields({
  keyID: required(text, "What the server calls the key."),
  keySecretRef: required(secretKey, "The key, in base 64 for URLs without padding."),
  keyAlgorithm: optional(text, "Not read any more: it is HS256."),
});

/** Reads `spec.acme`. */
export const acmeIssuer = fields(
  {
    server: required(text, "The URL of its directory."),
    email: optional(text, "Whom the server tells of what concerns the account."),
    privateKeySecretRef: required(
      secretKey,
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
    solvers: optional(list(anything), "How names are shown to be ours."),
  },
  {
    rule: "!(has(self.caBundle) && has(self.skipTLSVerify) && self.skipTLSVerify)",
    holds: ({ caBundle, skipTLSVerify }) => caBundle === undefined || skipTLSVerify !== true,
    message: "has caBundle and skipTLSVerify, of which only one can be",
  },
);

/** The status of an issuer's account. */
export const acmeIssuerStatus = fields({
  uri: optional(text, "The URL of the account."),
  lastRegisteredEmail: optional(text, "The e-mail address that the account has."),
  lastPrivateKeyHash: optional(text, "A hash of the key that the account has."),
});
