import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject } from "#base/json.ts";
import type { KubeObject } from "#kinds/object.ts";
import { storedObject } from "#test/fakes/stored-object.ts";
import { planCertificates } from "./certificate-plan.ts";

const letsEncrypt = "https://acme-v02.api.letsencrypt.org/directory";

function object(kind: string, name: string, spec: JsonObject): KubeObject {
  return storedObject({
    ...{ apiVersion: "cert-manager.io/v1", kind },
    metadata: { name, namespace: kind === "ClusterIssuer" ? "" : "shop" },
    body: { spec },
  });
}

const ref = { name: "token", key: "token" };
const issuer = object("ClusterIssuer", "prod", {
  acme: {
    server: letsEncrypt,
    privateKeySecretRef: { name: "account" },
    solvers: [
      { http01: { ingress: {} } },
      {
        selector: { dnsZones: ["example.org"] },
        dns01: { cloudflare: { apiTokenSecretRef: ref } },
      },
    ],
  },
});
const certificate = (name: string, ...dnsNames: readonly string[]): KubeObject =>
  object("Certificate", name, {
    ...{ secretName: name, dnsNames },
    issuerRef: { name: "prod", kind: "ClusterIssuer" },
  });

test("orders, challenges and records follow from the solvers of the issuer", () => {
  const objects = [issuer, certificate("web", "www.example.com", "*.example.org")];
  const { certificates, limits } = planCertificates(objects, []);
  assert.deepEqual(certificates, [
    {
      certificate: "shop/web",
      by: "itself",
      issuer: "ClusterIssuer prod",
      names: ["www.example.com", "*.example.org"],
      server: letsEncrypt,
      challenges: [
        { name: "www.example.com", type: "HTTP-01" },
        {
          name: "*.example.org",
          type: "DNS-01",
          record: { name: "_acme-challenge.example.org", provider: "cloudflare" },
        },
      ],
    },
  ]);
  assert.deepEqual(
    limits.map(({ what, needed, atOnce }) => `${needed} of ${atOnce} ${what}`),
    [
      "1 of 300 orders of an account",
      "1 of 50 certificates for example.com",
      "1 of 50 certificates for example.org",
    ],
  );
});

test("what is asked for by others counts once, and Certificates go before", () => {
  const wanted = {
    ...{
      name: "web",
      hosts: ["www.example.com"],
      usages: [],
      meanwhile: "nothing" as const,
      labels: {},
    },
    issuer: { name: "prod", kind: "ClusterIssuer" },
  } as const;
  const asked = [{ by: "Ingress web", namespace: "shop", wanted }];
  const alone = planCertificates([issuer], asked).certificates;
  assert.deepEqual(
    alone.map(({ by }) => by),
    ["Ingress web"],
  );
  const both = planCertificates([issuer, certificate("web", "www.example.com")], asked);
  assert.deepEqual(
    both.certificates.map(({ by }) => by),
    ["itself"],
  );
});

test("more than a limit allows is told with the time that the last one waits", () => {
  const many = Array.from({ length: 63 }, (_, index) =>
    certificate(`web-${index}`, `web-${index}.example.com`),
  );
  const { limits } = planCertificates([issuer, ...many], []);
  const domain = limits.find(({ what }) => what === "certificates for example.com");
  assert.deepEqual([domain?.needed, domain?.atOnce], [63, 50]);
  assert.ok((domain?.lastAfterHours ?? 0) >= 43);
});

test("an issuer or a solver that is missing is told", () => {
  const problems = planCertificates(
    [
      issuer,
      certificate("web", "*.example.com"),
      object("Certificate", "other", {
        ...{ secretName: "other", dnsNames: ["a.example.com"], issuerRef: { name: "gone" } },
      }),
    ],
    [],
  ).certificates.map(({ problem }) => problem);
  assert.deepEqual(problems, [
    "no solver of ClusterIssuer prod proves *.example.com",
    "Issuer gone is not among the manifests",
  ]);
});
