import assert from "node:assert/strict";
import { test } from "node:test";
import type { Dns01Solver } from "#kinds/cert-manager/acme-solver.ts";
import {
  azureService,
  cloudflareService,
  personAsService,
  rfc2136Service,
  webhookService,
} from "#test/fakes/dns/provider-services.ts";
import { route53Service } from "#test/fakes/route53/route53-services.ts";
import { dnsProviders } from "./all.ts";
import { dnsProviderContract, type ProviderUnderTest } from "./contract.ts";
import type { ProviderContext } from "./dns-provider.ts";

type Variants = Readonly<Record<string, () => Promise<ProviderUnderTest>>>;

/** Provider → its services, by how it is let in. */
const services: Readonly<Record<(typeof dnsProviders)[number]["name"], Variants>> = {
  azureDNS: {
    "a service principal": azureService("service principal"),
    "a workload identity": azureService("workload identity"),
    "a managed identity": azureService("managed identity"),
    "a private zone": azureService("service principal", "private"),
  },
  cloudflare: { "a token": cloudflareService("token"), "a key": cloudflareService("key") },
  manual: { "a person": personAsService() },
  rfc2136: {
    "unsigned over UDP": rfc2136Service("unsigned", "UDP"),
    "MD5 over UDP": rfc2136Service("HMACMD5", "UDP"),
    "SHA-1 over TCP": rfc2136Service("HMACSHA1", "TCP"),
    "SHA-256 over TCP": rfc2136Service("HMACSHA256", "TCP"),
    "SHA-512 over UDP": rfc2136Service("HMACSHA512", "UDP"),
  },
  route53: {
    "an access key": route53Service("an access key"),
    "a role": route53Service("a role"),
    "a ServiceAccount": route53Service("a ServiceAccount"),
    "a named zone": route53Service("a named zone"),
  },
  webhook: { "an API server": webhookService() },
};

for (const provider of dnsProviders) {
  for (const [variant, open] of Object.entries(services[provider.name] ?? {}))
    dnsProviderContract(provider, variant, open);
}

test("every provider is held to the contract", () => {
  for (const { name } of dnsProviders) assert.ok(services[name], name);
});

/** Nothing is asked of it: a provider is only chosen. */
const nothing = {} as ProviderContext;

/** The first that serves the solver. */
function chosen(solver: Dns01Solver): string | undefined {
  return dnsProviders.find((provider) => provider.open(solver, nothing) !== undefined)?.name;
}

test("a webhook of our own group is no webhook", () => {
  const config = { groupName: "sekisho.dev", solverName: "manual" };
  assert.equal(chosen({ webhook: config }), "manual");
  assert.equal(chosen({ webhook: { ...config, groupName: "acme.example.com" } }), "webhook");
});
