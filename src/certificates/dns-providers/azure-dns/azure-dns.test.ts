import assert from "node:assert/strict";
import { test } from "node:test";
import type { AzureDnsProvider } from "#kinds/cert-manager/dns01-provider.ts";
import { startAzure } from "#test/fakes/azure/fake-azure.ts";
import { providerContext } from "#test/fakes/dns/provider-context.ts";
import { TxtRecords } from "#test/fakes/dns/txt-records.ts";
import { DnsProviderError } from "../dns-provider.ts";
import { cloudOf } from "./azure-cloud.ts";
import { azureDns } from "./azure-dns.ts";

const never = new AbortController().signal;
const name = "_acme-challenge.www.example.com";
const record = { name, value: "ours", dnsName: "www.example.com" };
const config: AzureDnsProvider = {
  ...{ subscriptionID: "sub", resourceGroupName: "dns", hostedZoneName: "example.com" },
  ...{ clientID: "client", tenantID: "tenant" },
  clientSecretSecretRef: { name: "azure", key: "secret" },
};
const fake = {
  ...{ subscription: "sub", group: "dns", zones: ["example.com"], tenant: "tenant" },
  ...{ client: "client", secret: "s3cret", federatedToken: "" },
};

test("somebody who writes between reading and writing loses nothing, and neither do we", async () => {
  const records = new TxtRecords();
  let left = 3;
  const beforeWrite = async (): Promise<void> => {
    if (left-- > 0) await records.set(name, [...records.of(name), `other-${left}`]);
  };
  await using api = await startAzure({ ...fake, records, beforeWrite });
  const variables = { AZURE_AUTHORITY_HOST: api.url, AZURE_RESOURCE_MANAGER_URL: api.url };
  using made = providerContext({ secrets: { "azure/secret": "s3cret" }, variables });
  const writer = azureDns.open({ azureDNS: config }, made.context);
  assert.deepEqual(await writer?.present(record, never), { kind: "done" });
  assert.deepEqual([...records.of(name)].sort(), ["other-0", "other-1", "other-2", "ours"]);
});

test("one whom others never let write comes again", async () => {
  const records = new TxtRecords();
  let number = 0;
  const beforeWrite = (): Promise<void> => records.set(name, [...records.of(name), `${number++}`]);
  await using api = await startAzure({ ...fake, records, beforeWrite });
  const variables = { AZURE_AUTHORITY_HOST: api.url, AZURE_RESOURCE_MANAGER_URL: api.url };
  using made = providerContext({ secrets: { "azure/secret": "s3cret" }, variables });
  const outcome = await azureDns.open({ azureDNS: config }, made.context)?.present(record, never);
  assert.equal(outcome?.kind, "pending");
});

test("an Issuer is not let in by what the machine has", async () => {
  using made = providerContext();
  const { clientID: _, tenantID: __, clientSecretSecretRef: ___, ...ambient } = config;
  const writer = azureDns.open({ azureDNS: ambient }, made.context);
  await assert.rejects(
    async () => await writer?.present(record, never),
    (error) => error instanceof DnsProviderError && error.code === "credentials",
  );
});

test("each cloud has its own addresses, and one that was closed is refused", () => {
  assert.equal(cloudOf(undefined, {}).manager, "https://management.azure.com");
  assert.equal(cloudOf("AzureChinaCloud", {}).authority, "https://login.chinacloudapi.cn");
  assert.equal(
    cloudOf("AzureUSGovernmentCloud", {}).audience,
    "https://management.usgovcloudapi.net",
  );
  assert.throws(() => cloudOf("AzureGermanCloud", {}), DnsProviderError);
});

test("names that would lead elsewhere in the API are refused or written out", async () => {
  using made = providerContext({ secrets: { "azure/secret": "s3cret" } });
  for (const over of [
    { resourceGroupName: ".." },
    { subscriptionID: "." },
    { resourceGroupName: "" },
  ]) {
    const writer = azureDns.open({ azureDNS: { ...config, ...over } }, made.context);
    await assert.rejects(async () => await writer?.present(record, never), DnsProviderError);
  }
});

test("a name outside the zone is told before anybody is asked", async () => {
  using made = providerContext();
  const writer = azureDns.open(
    { azureDNS: { ...config, hostedZoneName: "example.org" } },
    made.context,
  );
  await assert.rejects(
    async () => await writer?.present(record, never),
    (error) => error instanceof DnsProviderError && error.code === "no-zone",
  );
});
