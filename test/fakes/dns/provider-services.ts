/** A service for each DNS provider, and each way to be let in, with the solver that leads to it. */

import type { ProviderUnderTest } from "#certificates/dns-providers/contract.ts";
import type { ApiServices } from "#certificates/dns-providers/dns-provider.ts";
import type { AzureDnsProvider } from "#kinds/cert-manager/dns01-provider.ts";
import { startAzure } from "../azure/fake-azure.ts";
import { startCloudflare } from "../cloudflare/fake-cloudflare.ts";
import { type FakeDnsKey, FakeDnsServer } from "./fake-dns-server.ts";
import { createFakeDnsTransport } from "./fake-dns-transport.ts";
import { type ContextOptions, providerContext } from "./provider-context.ts";
import { TxtRecords } from "./txt-records.ts";

type Open = () => Promise<ProviderUnderTest>;

const zone = "example.com";
const foreignZone = "example.org";

/** Everything about a service but how it is reached. */
function around(
  records: TxtRecords,
  closed: readonly (Disposable | AsyncDisposable)[],
): Pick<ProviderUnderTest, "zone" | "values" | "setValues" | typeof Symbol.asyncDispose> {
  return {
    zone,
    values: (name) => Promise.resolve(records.of(name)),
    setValues: (name, values) => records.set(name, values),
    [Symbol.asyncDispose]: async () => {
      for (const one of closed) {
        if (Symbol.dispose in one) one[Symbol.dispose]();
        else await one[Symbol.asyncDispose]();
      }
    },
  };
}

const token = "cloudflare-token-Zk3";
const key = { email: "me@example.com", key: "cloudflare-key-9qX" };

/** Cloudflare by an API token, or by the global key. */
export function cloudflareService(by: "token" | "key"): Open {
  return async () => {
    const records = new TxtRecords();
    const api = await startCloudflare({ zones: ["com", zone], token, key, records });
    const test = providerContext({
      secrets: { "cloudflare/api-token": `${token}\n`, "cloudflare/api-key": key.key },
      variables: { CLOUDFLARE_BASE_URL: api.base },
    });
    const apiTokenSecretRef = { name: "cloudflare", key: "api-token" };
    const apiKeySecretRef = { name: "cloudflare", key: "api-key" };
    return {
      ...around(records, [test, api]),
      solver: {
        cloudflare: by === "token" ? { apiTokenSecretRef } : { email: key.email, apiKeySecretRef },
      },
      context: test.context,
      ...{ fail: api.fail, foreignZone },
      secrets: [token, key.key],
    };
  };
}

type AzureIdentity = "service principal" | "workload identity" | "managed identity";

const azure = {
  ...{ subscription: "sub-1", group: "dns (prod)", tenant: "tenant-1", client: "client-1" },
  ...{ secret: "azure-secret-77", federatedToken: "federated.token.88" },
};

/** Azure by each identity; `private`: a private zone. */
export function azureService(identity: AzureIdentity, type: "public" | "private" = "public"): Open {
  return async () => {
    const records = new TxtRecords();
    const api = await startAzure({ ...azure, zones: [zone], records });
    const test = providerContext(azureContext(identity, api.url));
    const metadata = {
      ...test.outbound,
      request: (request, signal) => {
        const url = request.url.replace("http://169.254.169.254", api.url);
        return test.outbound.request({ ...request, url }, signal);
      },
    } satisfies typeof test.outbound;
    const ambient = {
      readFile: (path: string) =>
        Promise.resolve(path === "/token" ? `${azure.federatedToken}\n` : undefined),
      metadata,
    };
    const mayUse = identity === "service principal" ? {} : { ambient };
    return {
      ...around(records, [test, api]),
      solver: { azureDNS: { ...azureConfig(identity), ...zoneConfig[type] } },
      context: { ...test.context, ...mayUse },
      ...{ fail: api.fail, foreignZone },
      secrets: identity === "service principal" ? [azure.secret, azure.federatedToken] : [],
    };
  };
}

const zoneConfig = {
  public: {},
  private: { zoneType: "AzurePrivateZone", hostedZoneName: zone },
} as const satisfies Record<string, Partial<AzureDnsProvider>>;

function azureContext(identity: AzureIdentity, url: string): ContextOptions {
  const endpoints = { AZURE_AUTHORITY_HOST: `${url}/`, AZURE_RESOURCE_MANAGER_URL: url };
  const workload = {
    AZURE_FEDERATED_TOKEN_FILE: "/token",
    AZURE_CLIENT_ID: azure.client,
    AZURE_TENANT_ID: azure.tenant,
  };
  return {
    secrets: { "azure/secret": azure.secret },
    variables: identity === "workload identity" ? { ...endpoints, ...workload } : endpoints,
  };
}

function azureConfig(identity: AzureIdentity): AzureDnsProvider {
  const common = { subscriptionID: azure.subscription, resourceGroupName: azure.group };
  if (identity !== "service principal")
    return { ...common, managedIdentity: { clientID: azure.client } };
  const clientSecretSecretRef = { name: "azure", key: "secret" };
  return { ...common, clientID: azure.client, tenantID: azure.tenant, clientSecretSecretRef };
}

const tsigSecret = Buffer.from("a key of the test").toString("base64");

/** A server that takes updates, signed or not. */
export function rfc2136Service(
  algorithm: "HMACMD5" | "HMACSHA1" | "HMACSHA256" | "HMACSHA512" | "unsigned",
  protocol: "UDP" | "TCP",
): Open {
  return () => {
    const records = new TxtRecords();
    const wireName =
      algorithm === "HMACMD5"
        ? "hmac-md5.sig-alg.reg.int"
        : algorithm.toLowerCase().replace("hmac", "hmac-");
    const signing: FakeDnsKey = {
      ...{ name: "updates.example", algorithm: wireName, secret: tsigSecret },
      nowSeconds: () => Math.floor(Temporal.Now.instant().epochMilliseconds / 1000),
    };
    const isSigned = algorithm !== "unsigned";
    const server = new FakeDnsServer({
      ...{ texts: records, zones: [zone] },
      ...(isSigned ? { key: signing } : {}),
    });
    const transport = createFakeDnsTransport({ "192.0.2.53": server });
    const test = providerContext({ secrets: { "tsig/key": tsigSecret }, transport });
    const reference = { tsigSecretSecretRef: { name: "tsig", key: "key" } };
    return Promise.resolve({
      ...around(records, [test]),
      solver: {
        rfc2136: {
          ...{ nameserver: "192.0.2.53", protocol },
          ...(isSigned
            ? { ...reference, tsigKeyName: "Updates.example.", tsigAlgorithm: algorithm }
            : {}),
        },
      },
      ...{ context: test.context, transport },
      secrets: isSigned ? [tsigSecret] : [],
      foreignZone,
      fail: (fault) => {
        if (fault === "lost-answer") transport.loseAnswer();
        else if (fault === "limited") return "impossible";
        else server.failOnce(fault === "outage" ? 2 : 5);
        return "set";
      },
    });
  };
}

/** A webhook behind an API server, which keeps cert-manager's protocol. */
export function webhookService(): Open {
  return () => {
    const records = new TxtRecords();
    const test = providerContext({ over: { apiServices: webhookIn(records) } });
    return Promise.resolve({
      ...around(records, [test]),
      solver: { webhook: { groupName: "acme.example.net", solverName: "books", config: { a: 1 } } },
      context: test.context,
      fail: () => "impossible",
      secrets: [],
    });
  };
}

function webhookIn(records: TxtRecords): ApiServices {
  return {
    post: async (group, path, payload) => {
      const { request } = payload as { readonly request: Readonly<Record<string, string>> };
      const { uid, action, key: value = "", resolvedFQDN = "" } = request;
      const name = resolvedFQDN.replace(/\.$/, "");
      const others = records.of(name).filter((one) => one !== value);
      if (group === "acme.example.net" && path === "v1alpha1/books")
        await records.set(name, action === "Present" ? [...others, value] : others);
      return { status: 201, body: { response: { uid: uid ?? "", success: true } } };
    },
  };
}

/** A person who does what he is told. */
export function personAsService(): Open {
  return () => {
    const records = new TxtRecords();
    const test = providerContext();
    return Promise.resolve({
      ...around(records, [test]),
      solver: { webhook: { groupName: "sekisho.dev", solverName: "manual" } },
      context: test.context,
      fail: () => "impossible",
      secrets: [],
      obey: async (notice) => {
        const [, name = "", value = ""] = /: (\S+?)\. .*TXT "([^"]*)"$/.exec(notice) ?? [];
        const others = records.of(name).filter((one) => one !== value);
        await records.set(name, notice.startsWith("create") ? [...others, value] : others);
      },
    });
  };
}
