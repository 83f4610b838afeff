import assert from "node:assert/strict";
import { test } from "node:test";
import { SecretBytes } from "#base/secret-bytes.ts";
import { type Backend, backendName, type UpstreamTls } from "#model/backend.ts";
import { decodeResource } from "../decode.ts";
import { buildCluster } from "./cluster.ts";
import { buildUpstreamSecrets, upstreamSecretNames } from "./upstream-secrets.ts";

const tls: UpstreamTls = {
  certificate: { namespace: "default", name: "shown" },
  verified: {
    trusted: { namespace: "default", name: "authorities", key: "ca.crt" },
    name: "tea.test",
    depth: 1,
  },
};

const backend: Backend = {
  namespace: "default",
  service: "tea",
  port: 443,
  protocol: "http1",
  connectTimeoutMs: 5000,
  tls,
};

const material = {
  certificateChain: "-----BEGIN CERTIFICATE-----",
  privateKey: new SecretBytes(new TextEncoder().encode("-----BEGIN PRIVATE KEY-----")),
};

test("a cluster refers to secrets of its own, and can be read with them", () => {
  const cluster = buildCluster(backend);
  const secrets = buildUpstreamSecrets(backend, {
    secrets: { material: (name) => (name === "default/shown" ? material : undefined) },
    secretEntries: ({ name }) => (name === "authorities" ? { "ca.crt": "PEM" } : undefined),
  });
  const names = upstreamSecretNames(backend);
  assert.deepEqual(
    secrets.map(({ type, name }) => ({ type, name })),
    names,
  );
  assert.deepEqual(
    (cluster.uses ?? []).filter(({ type }) => type === "secret"),
    names,
  );
  for (const resource of [cluster, ...secrets])
    assert.equal(decodeResource(resource)["name"], resource.name);
});

test("what is not there is not made up", () => {
  const inputs = {
    secrets: { material: () => undefined },
    secretEntries: () => ({ "other.crt": "PEM" }),
  };
  assert.deepEqual(buildUpstreamSecrets(backend, inputs), []);
  assert.deepEqual(buildUpstreamSecrets({ ...backend, tls: "unverified" }, inputs), []);
});

test("backends that are verified otherwise are other backends", () => {
  const { verified: _, ...unverified } = tls;
  const all: readonly Backend[] = [
    backend,
    { ...backend, tls: unverified },
    { ...backend, tls: { ...tls, serverName: "tea.test" } },
    { ...backend, tls: "unverified" },
  ];
  assert.equal(new Set(all.map(backendName)).size, all.length);
});
