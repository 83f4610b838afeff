/** Issuer and ClusterIssuer, cert-manager.io/v1: who signs, for one namespace or for all (cert-manager API reference). */

import { anything, fields, list, optional, type Parsed, required, text } from "#base/schema.ts";
import { conditionColumn, conditionList, messageColumn } from "../condition.ts";
import type { Kind } from "../kind.ts";
import { acmeIssuer, acmeIssuerStatus } from "./acme-issuer.ts";

const selfSigned = fields({
  crlDistributionPoints: optional(list(text), "Where lists of revoked certificates are."),
});

const ca = fields({
  secretName: required(text, "The Secret with certificate and key of the authority."),
  crlDistributionPoints: optional(list(text), "Where lists of revoked certificates are."),
  ocspServers: optional(list(text), "Who says whether a certificate is revoked."),
  issuingCertificateURLs: optional(list(text), "Where the certificate of the authority is."),
});

/** Whoever has one is told that nobody here signs so; what is in it is kept as it is. */
const vault = fields({
  server: optional(text, "Its URL."),
  path: optional(text, "Where it signs."),
  namespace: optional(text, "Its namespace."),
  serverName: optional(text, "The name that its certificate has."),
  caBundle: optional(text, "PEM certificates in base 64 that it is verified by."),
  caBundleSecretRef: optional(anything, "The Secret with them."),
  clientCertSecretRef: optional(anything, "The Secret with our certificate."),
  clientKeySecretRef: optional(anything, "The Secret with its key."),
  auth: optional(anything, "How it lets us in."),
});

const venafi = fields({
  zone: optional(text, "The zone."),
  tpp: optional(anything, "A server of one's own."),
  cloud: optional(anything, "The service."),
  ngts: optional(anything, "The next service."),
});

const backends = ["selfSigned", "ca", "acme", "vault", "venafi"] as const;

const spec = fields(
  {
    selfSigned: optional(selfSigned, "Every certificate signs itself."),
    ca: optional(ca, "An authority whose key is in a Secret."),
    acme: optional(acmeIssuer, "An ACME server, as Let's Encrypt is one."),
    vault: optional(vault, "A server of HashiCorp Vault."),
    venafi: optional(venafi, "A server of CyberArk, formerly Venafi."),
  },
  {
    rule: `[${backends.map((name) => `has(self.${name})`).join(", ")}].filter(x, x).size() == 1`,
    holds: (value) => backends.filter((name) => value[name] !== undefined).length === 1,
    message: `must be exactly one of ${backends.join(", ")}`,
  },
);

const body = fields({ spec: required(spec, "How it signs.") });

export type Issuer = Parsed<typeof body>;

const status = fields({
  conditions: optional(conditionList, "Ready."),
  acme: optional(acmeIssuerStatus, "The account at the ACME server."),
});

const common = {
  group: "cert-manager.io",
  version: "v1",
  legacy: {},
  parse: body,
  withoutEffect: [
    ...["vault", "venafi"].map((name) => ({
      path: `spec.${name}`,
      reason: "nobody here signs in this way",
      advice: "use selfSigned, ca or acme, or an issuer with a controller of its own",
    })),
    {
      path: "spec.acme.externalAccountBinding.keyAlgorithm",
      reason: "it is HS256, whatever is written here",
      advice: "leave it out",
    },
  ],
  columns: [conditionColumn("READY", "Ready"), messageColumn("STATUS", "Ready")],
};

export const issuerKind: Kind<Issuer> = {
  ...common,
  id: "Issuer.cert-manager.io",
  kind: "Issuer",
  plural: "issuers",
  shortNames: ["iss"],
  namespaced: true,
  definition: {
    description: "Who signs the certificates of a namespace.",
    status,
    categories: ["cert-manager"],
  },
};

export const clusterIssuerKind: Kind<Issuer> = {
  ...common,
  id: "ClusterIssuer.cert-manager.io",
  kind: "ClusterIssuer",
  plural: "clusterissuers",
  shortNames: ["ciss"],
  namespaced: false,
  definition: {
    description: "Who signs certificates of all namespaces.",
    status,
    categories: ["cert-manager"],
  },
};
