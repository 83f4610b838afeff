/** Whom a DNS-01 solver has write its records, and with which credentials (cert-manager API reference, `dns01.<provider>`). */

import {
  anything,
  checked,
  fields,
  list,
  oneOf,
  optional,
  type Parsed,
  required,
  text,
} from "#base/schema.ts";
import { type SecretKeyRef, secretKeyRef } from "./secret-key-ref.ts";

const cloudflare = checked(
  fields({
    email: optional(text, "Of the account; needed with an API key."),
    apiKeySecretRef: optional(secretKeyRef, "The account's global API key."),
    apiTokenSecretRef: optional(secretKeyRef, "A token that may read zones and edit DNS."),
  }),
  {
    holds: ({ apiKeySecretRef, apiTokenSecretRef }) =>
      apiKeySecretRef === undefined || apiTokenSecretRef === undefined,
    message: "apiKeySecretRef and apiTokenSecretRef cannot both be specified",
  },
  {
    holds: ({ apiKeySecretRef, apiTokenSecretRef }) =>
      apiKeySecretRef !== undefined || apiTokenSecretRef !== undefined,
    message: "apiKeySecretRef or apiTokenSecretRef is required",
  },
  {
    holds: ({ email = "", apiKeySecretRef }) => apiKeySecretRef === undefined || email !== "",
    message: "email is required with apiKeySecretRef",
  },
);

const route53 = checked(
  fields({
    region: optional(text, "AWS region; by itself AWS_REGION of the environment."),
    role: optional(text, "ARN of a role that is assumed."),
    hostedZoneID: optional(text, "The zone, where looking for it is not allowed."),
    accessKeyID: optional(text, "Access key."),
    accessKeyIDSecretRef: optional(secretKeyRef, "Secret with the access key."),
    secretAccessKeySecretRef: optional(secretKeyRef, "The access key's secret."),
    auth: optional(
      fields({
        kubernetes: required(
          fields({
            serviceAccountRef: required(
              fields({
                name: required(text, "Name of the ServiceAccount, in the namespace of Secrets."),
                audiences: optional(list(text), "Whom its token is for, besides AWS."),
              }),
              "The ServiceAccount whose token is shown to AWS.",
            ),
          }),
          "By a token of Kubernetes.",
        ),
      }),
      "How to be let in, when not by an access key.",
    ),
  }),
  {
    holds: ({ accessKeyID = "", accessKeyIDSecretRef }) =>
      accessKeyID === "" || accessKeyIDSecretRef === undefined,
    message: "accessKeyID and accessKeyIDSecretRef cannot both be specified",
  },
);

const managedIdentity = checked(
  fields({
    clientID: optional(text, "Client id of the identity."),
    resourceID: optional(text, "Resource id of the identity, in place of the client id."),
    tenantID: optional(text, "Tenant of the identity; only with a client id."),
  }),
  {
    holds: ({ clientID = "", resourceID = "" }) => clientID === "" || resourceID === "",
    message: "clientID and resourceID cannot both be specified",
  },
  {
    holds: ({ tenantID = "", resourceID = "" }) => tenantID === "" || resourceID === "",
    message: "tenantID and resourceID cannot both be specified",
  },
  {
    holds: ({ tenantID = "", clientID = "" }) => tenantID === "" || clientID !== "",
    message: "clientID is required when using tenantID",
  },
);

const azureDNS = checked(
  fields({
    subscriptionID: required(text, "Subscription of the zone."),
    resourceGroupName: required(text, "Resource group of the zone."),
    hostedZoneName: optional(text, "The zone; without it the one that answers for the name."),
    environment: optional(
      oneOf("AzurePublicCloud", "AzureChinaCloud", "AzureGermanCloud", "AzureUSGovernmentCloud"),
      "Which of Azure's clouds; default AzurePublicCloud.",
    ),
    zoneType: optional(
      oneOf("AzurePublicZone", "AzurePrivateZone"),
      "Whether the zone is public; default AzurePublicZone.",
    ),
    clientID: optional(text, "Client id of a service principal."),
    clientSecretSecretRef: optional(secretKeyRef, "The service principal's secret."),
    tenantID: optional(text, "Tenant of the service principal."),
    managedIdentity: optional(managedIdentity, "A managed or workload identity."),
  }),
  {
    holds: ({ clientID = "", tenantID = "", clientSecretSecretRef }) => {
      const given = [clientID !== "", tenantID !== "", clientSecretSecretRef !== undefined];
      return given.every((one) => one === given[0]);
    },
    message: "clientID, clientSecretSecretRef and tenantID are required together",
  },
  {
    holds: ({ clientID = "", managedIdentity: identity }) =>
      clientID === "" || identity === undefined,
    message:
      "managed identity cannot be used at the same time as clientID, clientSecretSecretRef or tenantID",
  },
);

const tsigAlgorithms: readonly string[] = ["HMACMD5", "HMACSHA1", "HMACSHA256", "HMACSHA512"];

const rfc2136 = checked(
  fields({
    nameserver: required(text, "The server that takes updates, as host:port; default port 53."),
    tsigKeyName: optional(text, "Name of the key that signs them."),
    tsigSecretSecretRef: optional(secretKeyRef, "The key, in base64."),
    tsigAlgorithm: optional(text, "HMACMD5 (default), HMACSHA1, HMACSHA256 or HMACSHA512."),
    protocol: optional(oneOf("UDP", "TCP"), "Over what they are sent; default UDP."),
  }),
  {
    holds: ({ tsigAlgorithm = "" }) =>
      tsigAlgorithm === "" || tsigAlgorithms.includes(tsigAlgorithm.toUpperCase()),
    message: `tsigAlgorithm must be one of ${tsigAlgorithms.join(", ")}`,
  },
  {
    holds: ({ tsigKeyName = "", tsigSecretSecretRef }) =>
      (tsigKeyName !== "") === isGiven(tsigSecretSecretRef),
    message: "tsigKeyName and tsigSecretSecretRef are required together",
  },
);

/** Clients in Go write a reference that is not there with empty fields. */
function isGiven(reference: SecretKeyRef | undefined): boolean {
  return reference !== undefined && reference.name !== "";
}

const webhook = checked(
  fields({
    groupName: required(text, "API group that the webhook serves."),
    solverName: required(text, "Name of the solver within it."),
    config: optional(anything, "What the webhook is told besides."),
  }),
  { holds: ({ solverName }) => solverName !== "", message: "solver name must be specified" },
);

const cloudDNS = fields({
  project: required(text, "Google Cloud project of the zone."),
  hostedZoneName: optional(text, "The zone; without it the one that answers for the name."),
  serviceAccountSecretRef: optional(secretKeyRef, "Key of a service account."),
});

const acmeDNS = fields({
  host: required(text, "The acme-dns server."),
  accountSecretRef: required(secretKeyRef, "Accounts there by domain, as JSON."),
});

const digitalocean = fields({ tokenSecretRef: required(secretKeyRef, "A token of its API.") });

const akamai = fields({
  serviceConsumerDomain: required(text, "Host of the API."),
  clientTokenSecretRef: required(secretKeyRef, "Client token."),
  clientSecretSecretRef: required(secretKeyRef, "Client secret."),
  accessTokenSecretRef: required(secretKeyRef, "Access token."),
});

/** The fields of a DNS-01 solver that name its provider: one of them is given. */
export const dns01Providers = {
  cloudflare: optional(cloudflare, "Cloudflare."),
  route53: optional(route53, "Amazon Route 53."),
  azureDNS: optional(azureDNS, "Azure DNS."),
  rfc2136: optional(rfc2136, "A DNS server that takes updates (RFC 2136)."),
  webhook: optional(webhook, "A program beside the API server that writes the records."),
  cloudDNS: optional(cloudDNS, "Google Cloud DNS."),
  acmeDNS: optional(acmeDNS, "An acme-dns server."),
  digitalocean: optional(digitalocean, "DigitalOcean DNS."),
  akamai: optional(akamai, "Akamai Edge DNS."),
};

export type AzureDnsProvider = Parsed<typeof azureDNS>;
export type CloudflareProvider = Parsed<typeof cloudflare>;
export type Rfc2136Provider = Parsed<typeof rfc2136>;
export type Route53Provider = Parsed<typeof route53>;
export type WebhookProvider = Parsed<typeof webhook>;
