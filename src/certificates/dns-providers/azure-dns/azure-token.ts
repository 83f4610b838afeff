/** Tokens for Azure: of a service principal, of a workload identity, or of the machine's managed identity. */

import { SecretBytes } from "#base/secret-bytes.ts";
import type { AzureDnsProvider } from "#kinds/cert-manager/dns01-provider.ts";
import { foreignText } from "../../outbound/foreign-text.ts";
import type { OutboundAnswer } from "../../outbound/outbound-door.ts";
import { DnsProviderError, type ProviderContext } from "../dns-provider.ts";
import { objectIn } from "../json-answer.ts";
import { retryAfterOf } from "../retry-after.ts";
import { type AzureCloud, pathSegment } from "./azure-cloud.ts";

/** Azure's instance metadata service; the same address in every cloud. */
const metadataService = "http://169.254.169.254";

/** A token for the resource manager. Throws DnsProviderError, OutboundError. */
export async function tokenFor(
  context: ProviderContext,
  config: AzureDnsProvider,
  cloud: AzureCloud,
  signal: AbortSignal,
): Promise<SecretBytes> {
  if ((config.clientID ?? "") !== "")
    return await ofServicePrincipal(context, config, cloud, signal);
  if (context.ambient === undefined) {
    const message =
      "an Issuer may not use what the process is let in by: give clientID, clientSecretSecretRef and tenantID, or use a ClusterIssuer";
    throw new DnsProviderError("credentials", message);
  }
  return context.variables["AZURE_FEDERATED_TOKEN_FILE"] === undefined
    ? await ofManagedIdentity(context, config, cloud, signal)
    : await ofWorkloadIdentity(context, config, cloud, signal);
}

async function ofServicePrincipal(
  context: ProviderContext,
  { clientID = "", clientSecretSecretRef, tenantID = "" }: AzureDnsProvider,
  cloud: AzureCloud,
  signal: AbortSignal,
): Promise<SecretBytes> {
  if (clientSecretSecretRef === undefined)
    throw new DnsProviderError("credentials", "clientSecretSecretRef is required with clientID");
  const secret = await context.secretOf(clientSecretSecretRef);
  const form = {
    client_id: clientID,
    client_secret: Buffer.from(secret.reveal()).toString("utf8").trim(),
  };
  return await ask(context, { cloud, tenantID, form }, signal);
}

async function ofWorkloadIdentity(
  context: ProviderContext,
  { managedIdentity = {} }: AzureDnsProvider,
  cloud: AzureCloud,
  signal: AbortSignal,
): Promise<SecretBytes> {
  const { variables, ambient } = context;
  const file = variables["AZURE_FEDERATED_TOKEN_FILE"] ?? "";
  const assertion = await ambient?.readFile(file);
  const clientID = managedIdentity.clientID ?? variables["AZURE_CLIENT_ID"];
  const tenantID = managedIdentity.tenantID ?? variables["AZURE_TENANT_ID"];
  if (assertion === undefined || clientID === undefined || tenantID === undefined) {
    const message =
      "the workload identity is not complete: AZURE_CLIENT_ID, AZURE_TENANT_ID and the file of AZURE_FEDERATED_TOKEN_FILE are needed";
    throw new DnsProviderError("credentials", message);
  }
  const form = {
    client_id: clientID,
    client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    client_assertion: assertion.trim(),
  };
  return await ask(context, { cloud, tenantID, form }, signal);
}

interface TokenRequest {
  readonly cloud: AzureCloud;
  readonly tenantID: string;
  readonly form: Readonly<Record<string, string>>;
}

/** OAuth 2.0 client credentials (RFC 6749 §4.4, RFC 7523 §2.2). */
async function ask(
  { outbound }: ProviderContext,
  { cloud, tenantID, form }: TokenRequest,
  signal: AbortSignal,
): Promise<SecretBytes> {
  const all = {
    grant_type: "client_credentials",
    scope: `${cloud.audience}/.default`,
    ...form,
  };
  const answer = await outbound.request(
    {
      method: "POST",
      url: `${cloud.authority}/${pathSegment(tenantID)}/oauth2/v2.0/token`,
      headers: { "content-type": "application/x-www-form-urlencoded", accept: "application/json" },
      body: new URLSearchParams(all).toString(),
    },
    signal,
  );
  return tokenIn(answer);
}

async function ofManagedIdentity(
  { ambient }: ProviderContext,
  { managedIdentity = {} }: AzureDnsProvider,
  { audience }: AzureCloud,
  signal: AbortSignal,
): Promise<SecretBytes> {
  if (ambient === undefined)
    throw new Error("a managed identity is asked for without being allowed");
  const { clientID = "", resourceID = "" } = managedIdentity;
  const query = new URLSearchParams({
    "api-version": "2018-02-01",
    resource: audience,
    ...(clientID === "" ? {} : { client_id: clientID }),
    ...(resourceID === "" ? {} : { msi_res_id: resourceID }),
  });
  const answer = await ambient.metadata.request(
    {
      method: "GET",
      url: `${metadataService}/metadata/identity/oauth2/token?${query}`,
      headers: { metadata: "true" },
    },
    signal,
  );
  return tokenIn(answer);
}

function tokenIn({ status, headers, body }: OutboundAnswer): SecretBytes {
  const parsed = objectIn(body);
  const token = parsed["access_token"];
  if (status === 200 && typeof token === "string" && /^[!-~]+$/.test(token))
    return new SecretBytes(Buffer.from(token));
  const said = parsed["error_description"] ?? parsed["error"];
  const told = typeof said === "string" ? foreignText(said) : `status ${status}`;
  const message = `Azure gives no token: ${told}`;
  if (status === 429) throw new DnsProviderError("limited", message, retryAfterOf(headers) ?? {});
  const isRefused = status >= 400 && status < 500;
  throw new DnsProviderError(isRefused ? "denied" : "outage", message);
}
