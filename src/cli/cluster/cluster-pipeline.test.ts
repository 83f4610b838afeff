import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject } from "#base/json.ts";
import { explain, requestOf } from "#gate/explanation/explanation.ts";
import { formatKey, type KubeObject, keyOf, type ObjectKey } from "#kinds/object.ts";
import { type Listing, StoreError } from "#store/object-store.ts";
import { selfSigned } from "#test/simulators/self-signed.ts";
import { type ClusterReading, translateCluster } from "./cluster-pipeline.ts";

function made(apiVersion: string, kind: string, name: string, body: JsonObject): KubeObject {
  return {
    apiVersion,
    kind,
    metadata: {
      name,
      namespace: kind === "IngressClass" ? "" : "default",
      uid: `${kind}-${name}`,
      creationTimestamp: "2026-01-01T00:00:00Z",
      generation: 1,
      resourceVersion: "1",
      labels: kind === "EndpointSlice" ? { "kubernetes.io/service-name": name } : {},
      annotations: {},
      finalizers: [],
      ownerReferences: [],
    },
    body,
  };
}

function ingress(name: string, ingressClassName: string, spec: JsonObject = {}): KubeObject {
  const backend = { service: { name, port: { number: 80 } } };
  const rule = {
    host: `${name}.example.com`,
    http: { paths: [{ path: "/", pathType: "Prefix", backend }] },
  };
  const body = { spec: { ingressClassName, rules: [rule], ...spec } };
  return made("networking.k8s.io/v1", "Ingress", name, body);
}

function service(name: string, spec: JsonObject = {}): KubeObject {
  return made("v1", "Service", name, { spec: { ports: [{ port: 80 }], ...spec } });
}

function slice(name: string): KubeObject {
  const body = {
    addressType: "IPv4",
    ports: [{ name: "", port: 8080 }],
    endpoints: [{ addresses: ["192.0.2.1"] }],
  };
  return made("discovery.k8s.io/v1", "EndpointSlice", name, body);
}

const ourClass = made("networking.k8s.io/v1", "IngressClass", "ours", {
  spec: { controller: "sekisho.dev/ingress" },
});

function tlsSecret(name: string, host: string): KubeObject {
  const { certificate, key } = selfSigned([host]);
  const data = Object.entries({ "tls.crt": certificate, "tls.key": key }).map(
    ([field, text]) => [field, Buffer.from(text).toString("base64")] as const,
  );
  return made("v1", "Secret", name, {
    type: "kubernetes.io/tls",
    data: Object.fromEntries(data),
  });
}

interface Asked {
  readonly reading: ClusterReading;
  /** The Secrets that were asked for. */
  readonly secrets: readonly string[];
}

/** Reads a cluster of those objects; `denied` are kinds that may not be read. */
async function readCluster(objects: readonly KubeObject[], ...denied: string[]): Promise<Asked> {
  const secrets: string[] = [];
  const allow = (kind: string): void => {
    if (denied.includes(kind)) throw new StoreError("denied", `${kind} is forbidden`);
  };
  const reading = await translateCluster(
    {
      list: async (kind): Promise<Listing> => {
        allow(kind);
        const items = objects.filter((object) => keyOf(object).kind === kind);
        return { items, point: "1" };
      },
      get: async (key: ObjectKey) => {
        secrets.push(`${key.namespace}/${key.name}`);
        allow(key.kind);
        return objects.find((object) => formatKey(keyOf(object)) === formatKey(key));
      },
    },
    { ingressClasses: [], nginxConfigMap: undefined, nginxGlobalConfiguration: undefined },
  );
  return { reading, secrets };
}

async function answerOf({ pipeline }: ClusterReading, url: string): Promise<string> {
  const explanation = await explain(requestOf(new URL(url)), {
    gateway: pipeline.gateway,
    locate: async () => undefined,
    endpointsOf: async (backend) =>
      pipeline.endpointsOf(backend).map(({ address, port }) => `${address}:${port}`),
  });
  const route = explanation.steps.find(({ step }) => step === "route");
  return `${explanation.answer} ${route?.origin ?? ""}`.trim();
}

const tls = { tls: [{ hosts: ["shop.example.com"], secretName: "shop" }] };

test("a request is answered by the Ingress of our class, as the objects stand now", async () => {
  const world = [ourClass, ingress("shop", "ours"), service("shop"), slice("shop")];
  const { reading } = await readCluster(world);
  assert.equal(
    await answerOf(reading, "http://shop.example.com/cart"),
    "forwarded Ingress/default/shop spec.rules[0].http.paths[0]",
  );
  assert.deepEqual(reading.findings, []);
});

test("findings are those about what is served and what it needs, and nobody else's", async () => {
  const sticky = { sessionAffinity: "ClientIP" };
  const { reading } = await readCluster([
    ourClass,
    ingress("shop", "ours", { unknown: true }),
    service("shop", sticky),
    ingress("foreign", "theirs", { unknown: true }),
    service("foreign", sticky),
  ]);
  assert.deepEqual(
    reading.findings.map(({ reason, origin }) => `${reason} ${origin.kind}/${origin.name}`),
    [
      "UnknownField Ingress.networking.k8s.io/shop",
      "NoEndpoints Service/shop",
      "FieldWithoutEffect Service/shop",
    ],
  );
});

test("of Secrets only those that a served Ingress names are read", async () => {
  const { secrets, reading } = await readCluster([
    ourClass,
    ingress("shop", "ours", tls),
    ingress("foreign", "theirs", { tls: [{ secretName: "theirs" }] }),
    service("shop"),
    slice("shop"),
    tlsSecret("shop", "shop.example.com"),
    tlsSecret("theirs", "foreign.example.com"),
  ]);
  assert.deepEqual(secrets, ["default/shop"]);
  assert.match(await answerOf(reading, "https://shop.example.com/"), /^forwarded /);
});

test("a Secret that is missing refuses the handshake; one that may not be read counts as good, and is named", async () => {
  const world = [ourClass, ingress("shop", "ours", tls), service("shop"), slice("shop")];
  const missing = await readCluster(world);
  assert.equal(await answerOf(missing.reading, "https://shop.example.com/"), "refused");
  const { reading } = await readCluster(world, "Secret");
  assert.match(await answerOf(reading, "https://shop.example.com/"), /^forwarded /);
  assert.deepEqual(
    reading.findings.map(({ severity, reason }) => [severity, reason]),
    [["info", "SecretNotRead"]],
  );
});

test("the DNS name of an ExternalName Service stands for addresses that only the gate knows", async () => {
  const external = { type: "ExternalName", externalName: "api.example.net" };
  const { reading } = await readCluster([
    ourClass,
    ingress("shop", "ours"),
    service("shop", external),
  ]);
  assert.match(await answerOf(reading, "http://shop.example.com/"), /^forwarded /);
  assert.deepEqual(reading.findings, []);
});

test("what else may not be read is no guess", async () => {
  await assert.rejects(readCluster([ourClass], "IngressClass.networking.k8s.io"), /forbidden/);
});
