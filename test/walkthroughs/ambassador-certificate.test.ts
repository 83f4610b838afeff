/** The certificate step of the walkthrough ambassador: Secret `ambassador-certs` by Azure DNS, and once by hand. */

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { JsonObject } from "#base/json.ts";
import { until } from "#test/bench/measure/waiting.ts";
import { startAzure } from "#test/fakes/azure/fake-azure.ts";
import { recordsFor } from "#test/fakes/dns/pebble-records.ts";
import type { TxtRecords } from "#test/fakes/dns/txt-records.ts";
import { skipWithoutGo } from "#test/lab/build/requirements.ts";
import { type Pebble, startPebble } from "#test/pebble/pebble.ts";
import { runCommand } from "#test/system/harness/commands.ts";
import { type RunningSekisho, startSekisho } from "#test/system/harness/sekisho.ts";
import { curlAt, skipped, type WalkthroughDirectory, walk } from "./walkthrough.ts";

const host = "api.example.com";
const skip = skipped === false ? await skipWithoutGo() : skipped;

describe("ambassador: the certificate", { skip }, () => {
  const undo = new AsyncDisposableStack();
  let sekisho: RunningSekisho;
  let pebble: Pebble;
  let directory: WalkthroughDirectory;
  let records: TxtRecords;
  let root = "";

  before(async () => {
    directory = undo.use(walk("ambassador"));
    pebble = undo.use(await startPebble());
    records = recordsFor(pebble);
    root = directory.keep("root.crt", await pebble.root());
    const place = { subscription: "sub", group: "dns", zones: ["example.com"], tenant: "tenant" };
    const identity = { client: "client", secret: "azure-secret", federatedToken: "" };
    const azure = undo.use(await startAzure({ ...place, ...identity, records }));
    process.env["AZURE_AUTHORITY_HOST"] = azure.url;
    process.env["AZURE_RESOURCE_MANAGER_URL"] = azure.url;
    const settings = directory.keep(
      "sekisho.yaml",
      `outboundAddresses: [127.0.0.0/8, "::1"]\ndnsResolvers: ["127.0.0.1:${pebble.dns.port}"]\n`,
    );
    sekisho = await startSekisho(["up", directory.manifests, "--config", settings]);
    undo.defer(async () => void (await sekisho.stop()));
  });

  after(() => undo.disposeAsync());

  function issuer(name: string, dns01: JsonObject): JsonObject {
    return {
      apiVersion: "cert-manager.io/v1",
      kind: "ClusterIssuer",
      metadata: { name },
      spec: {
        acme: {
          server: pebble.directory,
          caBundle: Buffer.from(pebble.authority).toString("base64"),
          privateKeySecretRef: { name: `${name}-account` },
          solvers: [{ dns01 }],
        },
      },
    };
  }

  function certificate(secretName: string, issuerName: string, dnsName: string): JsonObject {
    return {
      apiVersion: "cert-manager.io/v1",
      kind: "Certificate",
      metadata: { name: secretName, namespace: "default" },
      spec: {
        secretName,
        dnsNames: [dnsName],
        issuerRef: { kind: "ClusterIssuer", name: issuerName },
      },
    };
  }

  function ingress(secretName: string, dnsName: string): JsonObject {
    return {
      apiVersion: "networking.k8s.io/v1",
      kind: "Ingress",
      metadata: { name: secretName, namespace: "default" },
      spec: {
        ingressClassName: "sekisho",
        tls: [{ hosts: [dnsName], secretName }],
        rules: [{ host: dnsName }],
      },
    };
  }

  async function isServed(dnsName: string): Promise<boolean> {
    try {
      const said = await curlAt(sekisho, "-i", "--cacert", root, `https://${dnsName}/`);
      return said.includes("404");
    } catch {
      // Without its Secret every handshake of the host is refused.
      return false;
    }
  }

  test("a ClusterIssuer with an Azure DNS solver fills Secret ambassador-certs", async () => {
    directory.add("credentials.yaml", {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "azuredns-config", namespace: "cert-manager" },
      stringData: { "client-secret": "azure-secret" },
    });
    const azureDNS = {
      ...{ subscriptionID: "sub", resourceGroupName: "dns", hostedZoneName: "example.com" },
      ...{ environment: "AzurePublicCloud", clientID: "client", tenantID: "tenant" },
      clientSecretSecretRef: { name: "azuredns-config", key: "client-secret" },
    };
    directory.add("issuer.yaml", issuer("azure", { azureDNS }));
    directory.add("certificate.yaml", certificate("ambassador-certs", "azure", host));
    directory.add("ingress.yaml", ingress("ambassador-certs", host));
    const served = { what: "the certificate", longestMs: 60_000, everyMs: 100 };
    await until(() => isServed(host), served);
    const isClean = async (): Promise<boolean> => records.all().length === 0;
    await until(isClean, { what: "clean records", longestMs: 20_000, everyMs: 50 });
  });

  test("by hand, explain says which record to create, and it goes on once it is there", async () => {
    const webhook = { groupName: "sekisho.dev", solverName: "manual" };
    const byHand = "by-hand.example.com";
    directory.add("manual-issuer.yaml", issuer("manual", { webhook }));
    directory.add("manual-certificate.yaml", certificate("by-hand", "manual", byHand));
    directory.add("manual-ingress.yaml", ingress("by-hand", byHand));
    const told = /(_acme-challenge\.\S+) TXT "([^"]+)" yet/;
    let said = "";
    const isTold = async (): Promise<boolean> => {
      said = (await runCommand(["explain", "certificate/by-hand", "--data", sekisho.data])).out;
      return told.test(said);
    };
    await until(isTold, { what: "the record", longestMs: 60_000, everyMs: 100 });
    assert.match(said, /^what to do: .*create this record/m);
    const [, name = "", value = ""] = told.exec(said) ?? [];
    await records.set(name, [value]);
    const served = { what: "the certificate", longestMs: 60_000, everyMs: 100 };
    await until(() => isServed(byHand), served);
  });
});
