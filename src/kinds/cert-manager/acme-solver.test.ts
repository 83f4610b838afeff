import assert from "node:assert/strict";
import { test } from "node:test";
import type { Json } from "#base/json.ts";
import type { Problem } from "#base/schema.ts";
import { acmeSolver, solverFieldsWithoutEffect } from "./acme-solver.ts";

function problemsOf(solver: Json): readonly string[] {
  const problems: Problem[] = [];
  const value = acmeSolver(solver, { path: "solver", problems });
  assert.equal(
    value === undefined,
    problems.some(({ problem }) => problem !== "unknown"),
  );
  return problems.map(({ path, message }) => `${path} ${message}`);
}

const ref = { name: "credentials", key: "token" };

const fine: Readonly<Record<string, Json>> = {
  "the class of an Ingress": { http01: { ingress: { class: "nginx" } } },
  "any Ingress": { http01: { ingress: {} } },
  "an HTTPRoute": {
    http01: { gatewayHTTPRoute: { parentRefs: [{ kind: "Gateway", name: "g", namespace: "n" }] } },
  },
  "a token of Cloudflare": { dns01: { cloudflare: { apiTokenSecretRef: ref } } },
  "a key of Cloudflare": { dns01: { cloudflare: { email: "a@b.c", apiKeySecretRef: ref } } },
  "Route 53 with what the machine has": { dns01: { route53: { region: "eu-west-1" } } },
  "Azure with a service principal": {
    dns01: {
      azureDNS: {
        subscriptionID: "s",
        resourceGroupName: "r",
        clientID: "c",
        tenantID: "t",
        clientSecretSecretRef: ref,
      },
    },
  },
  "updates that nothing signs, written by a client in Go": {
    dns01: { rfc2136: { nameserver: "ns.example.com", tsigSecretSecretRef: { name: "" } } },
  },
  "updates that a key signs, its algorithm in small letters": {
    dns01: {
      rfc2136: {
        nameserver: "[2001:db8::1]:53",
        tsigKeyName: "k",
        tsigSecretSecretRef: ref,
        tsigAlgorithm: "hmacsha256",
      },
    },
  },
  "a webhook with its own configuration": {
    dns01: { webhook: { groupName: "acme.example.com", solverName: "x", config: { a: [1] } } },
  },
  "nameservers of both forms": {
    dns01: {
      nameservers: ["10.0.0.1:53", "[2001:db8::1]:53", "https://dns.example.com/dns-query"],
      cloudflare: { apiTokenSecretRef: ref },
    },
    selector: { dnsZones: ["example.com"], dnsNames: ["a.example.com"], matchLabels: { a: "b" } },
    waitInsteadOfSelfCheck: "30s",
  },
};

for (const [what, solver] of Object.entries(fine)) {
  test(`a solver may be: ${what}`, () => assert.deepEqual(problemsOf(solver), []));
}

const wrong: Readonly<Record<string, readonly [Json, readonly string[]]>> = {
  "a solver of no type": [{}, ["solver no solver type configured"]],
  "a solver of two types": [
    { http01: { ingress: {} }, dns01: { cloudflare: { apiTokenSecretRef: ref } } },
    ["solver may not specify more than one solver type in a single solver"],
  ],
  "HTTP-01 of both types": [
    { http01: { ingress: {}, gatewayHTTPRoute: {} } },
    ["solver.http01 only 1 HTTP01 solver type may be configured"],
  ],
  "two providers": [
    { dns01: { cloudflare: { apiTokenSecretRef: ref }, route53: {} } },
    ["solver.dns01 may not specify more than one provider type"],
  ],
  "class and name at once": [
    { http01: { ingress: { class: "nginx", name: "web" } } },
    ["solver.http01.ingress only one of 'ingressClassName', 'name' or 'class' should be specified"],
  ],
  "an API key without the account": [
    { dns01: { cloudflare: { apiKeySecretRef: ref } } },
    ["solver.dns01.cloudflare email is required with apiKeySecretRef"],
  ],
  "a nameserver without a port": [
    { dns01: { nameservers: ["10.0.0.1"], cloudflare: { apiTokenSecretRef: ref } } },
    [
      "solver.dns01 nameservers must be <ip address>:<port> or https://<DoH RFC 8484 server address>",
    ],
  ],
};

for (const [what, [solver, expected]] of Object.entries(wrong)) {
  test(`refused with the reason: ${what}`, () => assert.deepEqual(problemsOf(solver), expected));
}

test("fields for solver pods and providers that are not served are named as such", () => {
  const paths = solverFieldsWithoutEffect("spec.acme.solvers[]").map(({ path }) => path);
  assert.ok(paths.includes("spec.acme.solvers[].http01.ingress.podTemplate"));
  assert.ok(paths.includes("spec.acme.solvers[].dns01.akamai"));
});
