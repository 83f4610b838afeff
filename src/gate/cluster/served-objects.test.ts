import assert from "node:assert/strict";
import { test } from "node:test";
import type { Json } from "#base/json.ts";
import { toObject } from "#test/differential/ingress/gate.ts";
import { secretsOf } from "./served-objects.ts";

function object(kind: string, spec: Json): Parameters<typeof secretsOf>[0] {
  const metadata = {
    ...{ name: "p", namespace: "shop" },
    creationTimestamp: "2026-01-01T00:00:00Z",
  };
  const manifest = { apiVersion: "k8s.nginx.org/v1", kind, metadata, spec };
  return toObject(manifest as Parameters<typeof toObject>[0]);
}

test("a Policy names the Secrets of its own namespace that its rule needs", () => {
  const specs: readonly Json[] = [
    { basicAuth: { secret: "passwords" } },
    { apiKey: { clientSecret: "keys" } },
    { externalAuth: { authURI: "/", trustedCertSecret: "authorities" } },
    { egressMTLS: { tlsSecret: "shown", trustedCertSecret: "authorities" } },
    { jwt: { realm: "shop", secret: "keys" } },
    { jwt: { realm: "shop", jwksURI: "https://keys.test/", trustedCertSecret: "authorities" } },
    { ingressMTLS: { clientCertSecret: "authorities" } },
    { basicAuth: {} },
    { accessControl: { allow: ["10.0.0.0/8"] } },
  ];
  assert.deepEqual(
    specs.map((spec) =>
      secretsOf(object("Policy", spec)).map(({ namespace, name }) => [namespace, name]),
    ),
    [
      ...[[["shop", "passwords"]], [["shop", "keys"]], [["shop", "authorities"]]],
      [
        ["shop", "shown"],
        ["shop", "authorities"],
      ],
      ...[[["shop", "keys"]], [["shop", "authorities"]], [["shop", "authorities"]]],
      ...[[], []],
    ],
  );
});

test("an Ingress names the Secrets of its annotations, too, in its own namespace", () => {
  const ingress = object("Ingress", { tls: [{ secretName: "shown" }] });
  const annotations = { "nginx.org/basic-auth-secret": "passwords", "nginx.com/jwt-key": "keys" };
  const metadata = { ...ingress.metadata, annotations };
  const annotated = { ...ingress, apiVersion: "networking.k8s.io/v1", metadata };
  assert.deepEqual(
    secretsOf(annotated).map(({ namespace, name }) => `${namespace}/${name}`),
    ["shop/shown", "shop/passwords", "shop/keys"],
  );
});

test("a TransportServer names the Secret that ends TLS, and none where it is passed on", () => {
  const named = (spec: Json): readonly string[] =>
    secretsOf(object("TransportServer", spec)).map(({ namespace, name }) => `${namespace}/${name}`);
  assert.deepEqual(named({ tls: { secret: "mongo" } }), ["shop/mongo"]);
  assert.deepEqual(named({ tls: {} }), []);
  assert.deepEqual(named({ host: "a.test" }), []);
});
