/** Where each of Azure's clouds has its services. */

import type { AzureDnsProvider } from "#kinds/cert-manager/dns01-provider.ts";
import { DnsProviderError } from "../dns-provider.ts";

export interface AzureCloud {
  /** Who gives tokens. */
  readonly authority: string;
  /** The resource manager, and whom tokens are for. */
  readonly manager: string;
  readonly audience: string;
}

type Environment = NonNullable<AzureDnsProvider["environment"]>;

const clouds: Readonly<
  Record<Environment, readonly [authority: string, manager: string] | undefined>
> = {
  AzurePublicCloud: ["https://login.microsoftonline.com", "https://management.azure.com"],
  AzureChinaCloud: ["https://login.chinacloudapi.cn", "https://management.chinacloudapi.cn"],
  AzureUSGovernmentCloud: [
    "https://login.microsoftonline.us",
    "https://management.usgovcloudapi.net",
  ],
  // It was closed in October 2021.
  AzureGermanCloud: undefined,
};

/** The cloud of a solver, or where the operator's variables say that it is. Throws DnsProviderError. */
export function cloudOf(
  environment: Environment = "AzurePublicCloud",
  variables: Readonly<Record<string, string | undefined>>,
): AzureCloud {
  const cloud = clouds[environment];
  if (cloud === undefined)
    throw new DnsProviderError("refused", `${environment} is closed: choose another environment`);
  const [authority, manager] = cloud;
  return {
    authority: withoutSlash(variables["AZURE_AUTHORITY_HOST"] ?? authority),
    manager: withoutSlash(variables["AZURE_RESOURCE_MANAGER_URL"] ?? manager),
    audience: manager,
  };
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, "");
}

/** A part of a path that cannot lead elsewhere. Throws DnsProviderError. */
export function pathSegment(text: string): string {
  if (text === "" || /^\.+$/.test(text))
    throw new DnsProviderError("refused", `${JSON.stringify(text)} cannot be a name at Azure`);
  return encodeURIComponent(text);
}
