/** Every DNS provider, one line each: {@link dnsProviders}. Before `webhook` stand those that are written as one. */

import { azureDns } from "./azure-dns/azure-dns.ts";
import { cloudflare } from "./cloudflare/cloudflare.ts";
import type { DnsProvider } from "./dns-provider.ts";
import { manual } from "./manual/manual.ts";
import { rfc2136 } from "./rfc2136/rfc2136.ts";
import { route53 } from "./route53/route53.ts";
import { webhook } from "./webhook/webhook.ts";

export const dnsProviders = [
  azureDns,
  cloudflare,
  manual,
  rfc2136,
  route53,
  webhook,
] as const satisfies readonly DnsProvider[];
