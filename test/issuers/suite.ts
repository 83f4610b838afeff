/** cert-manager's conformance suite for issuers, row by row: what plays it here, or why nothing does. */

import type { ChangeName } from "./conformance-changes.ts";
import type { RowName } from "./conformance-rows.ts";

export type Place =
  /** Over every issuer; what one of them does not support its test declares. */
  | RowName
  | ChangeName
  /** By a test of its own. */
  | { readonly file: string }
  /** By nobody. `until`: the kind that we do not know as long as that is so. */
  | { readonly why: string; readonly until?: string };

const noGateway = {
  why: "the Gateway API is no dialect yet: no Gateway is read, so none has certificates made",
  until: "Gateway",
} as const;

export const suite: Readonly<Record<string, Place>> = {
  "one DNS name": "one DNS name",
  "CA with basicConstraints": "an authority",
  "RSA with a DNS name": "an RSA key",
  // The key is one of ECDSA wherever a row says nothing of it.
  "ECDSA with a DNS name": "one DNS name",
  "ECDSA with a common name": "an ECDSA key and a common name",
  "Ed25519 with a DNS name": "an Ed25519 key",
  "Ed25519 with a common name": "an Ed25519 key and a common name",
  "common name only": "a common name alone",
  "otherName and e-mail": "a name of another type and an e-mail address",
  "literal subject": "a literal subject",
  "IP address": "an IP address",
  "IPv6 address": "an address of IPv6",
  "DNS name and IP address": "a DNS name and an IP address",
  "common name and IP address": "a common name and an IP address",
  "e-mail": "an e-mail address",
  "common name and URI": "a common name and a URI",
  "two DNS names": "two DNS names",
  "two DNS names, one as common name": "two DNS names, one of them the common name",
  "DNS name and another common name": "a DNS name and another common name",
  duration: "a duration",
  wildcard: "a wildcard",
  "URI only": "a URI alone",
  "arbitrary usages": "usages of its own",
  "usages of server and client": "usages of a server and a client",
  "long domain": "a name too long for a common name",
  "wildcard and apex": "a wildcard and the name above it",
  "add a DNS name": "a name that is added to a Certificate",
  "reuse the private key": "the same key again where it is to stay",
  "same key after deleting Certificate and CertificateRequest":
    "the same key behind a Certificate that was taken away with its request",
  "Ingress, simple": "an Ingress that names the issuer",
  "Ingress with all field annotations": "an Ingress with an annotation for each field",
  "Gateway with annotations": noGateway,
  "Gateway with an extra protocol": noGateway,
  "Gateway with listeners to ignore": noGateway,
  ListenerSet: { ...noGateway, until: "ListenerSet" },
  "ARI status": { file: "src/certificates/renewal-information.test.ts" },
  "RBAC of view, edit and admin": {
    why: "no role of ours is handed on to users, so that none lets them write Orders (test/security/roles.test.ts)",
  },
  "CertificateSigningRequest of each issuer": {
    why: "it is experimental at cert-manager, and hardly anybody has it on: workloads get their identities otherwise",
    until: "CertificateSigningRequest",
  },
};
