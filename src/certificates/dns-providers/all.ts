/** Every DNS provider, one line each: {@link dnsProviders}. Before `webhook` stand those that are written as one. */

import type { DnsProvider } from "./dns-provider.ts";
import { manual } from "./manual/manual.ts";
import { webhook } from "./webhook/webhook.ts";

export const dnsProviders = [manual, webhook] as const satisfies readonly DnsProvider[];
