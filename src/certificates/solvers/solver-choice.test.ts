import assert from "node:assert/strict";
import { test } from "node:test";
import type { AcmeSolver, SolverSelector } from "#kinds/cert-manager/acme-solver.ts";
import { chooseSolver, type NameToProve } from "./solver-choice.ts";

const http = (selector?: SolverSelector): AcmeSolver => ({
  http01: { ingress: {} },
  ...(selector === undefined ? {} : { selector }),
});
const dns = (selector?: SolverSelector): AcmeSolver => ({
  dns01: { route53: {} },
  ...(selector === undefined ? {} : { selector }),
});
const all = ["http-01", "dns-01", "tls-alpn-01"];
const web = (over: Partial<NameToProve> = {}): NameToProve => ({
  ...{ name: "web.eu.example.com", offered: all, labels: {} },
  ...over,
});

const cases: Readonly<
  Record<string, readonly [readonly AcmeSolver[], NameToProve, number | undefined]>
> = {
  "of equal solvers the earlier one": [[http(), dns()], web(), 0],
  "a wildcard is never proved over HTTP": [[http(), dns()], web({ name: "*.example.com" }), 1],
  "what the CA does not offer is left out": [[dns(), http()], web({ offered: ["http-01"] }), 1],
  "nothing where the CA offers nothing that is configured": [
    [dns()],
    web({ offered: ["http-01"] }),
    undefined,
  ],
  "one with a selector goes before one without": [
    [http(), dns({ dnsZones: ["example.com"] })],
    web(),
    1,
  ],
  "a name goes before a zone": [
    [dns({ dnsZones: ["eu.example.com"] }), http({ dnsNames: ["web.eu.example.com"] })],
    web(),
    1,
  ],
  "the longest zone wins, however it is written": [
    [dns({ dnsZones: ["example.com"] }), dns({ dnsZones: ["com", "EU.example.com."] })],
    web(),
    1,
  ],
  "a zone is more than many labels": [
    [dns({ matchLabels: { a: "1", b: "2" } }), dns({ dnsZones: ["com"] })],
    web({ labels: { a: "1", b: "2" } }),
    1,
  ],
  "more labels win": [
    [dns({ matchLabels: { a: "1" } }), dns({ matchLabels: { a: "1", b: "2" } })],
    web({ labels: { a: "1", b: "2", c: "3" } }),
    1,
  ],
  "every part of a selector must match": [
    [dns({ dnsZones: ["example.com"], matchLabels: { a: "1" } })],
    web(),
    undefined,
  ],
  "a zone ends at a dot": [[dns({ dnsZones: ["ample.com"] })], web(), undefined],
  "a zone holds its own name": [[dns({ dnsZones: ["web.eu.example.com"] })], web(), 0],
  "a wildcard is named with its star": [
    [dns({ dnsNames: ["example.com"] }), dns({ dnsNames: ["*.example.com"] })],
    web({ name: "*.example.com" }),
    1,
  ],
};

for (const [what, [solvers, wanted, expected]] of Object.entries(cases)) {
  test(what, () => assert.equal(chooseSolver(solvers, wanted)?.index, expected));
}

test("names that are not shown in handshakes, and those of issuers that do not ask for it, are shown over HTTP", () => {
  const typeOf = (over: Partial<NameToProve>): string | undefined =>
    chooseSolver([http()], web(over))?.type;
  assert.equal(typeOf({}), "http-01");
  assert.equal(typeOf({ inHandshakes: true }), "tls-alpn-01");
  assert.equal(typeOf({ inHandshakes: true, offered: ["http-01"] }), "http-01");
  assert.equal(typeOf({ inHandshakes: true, name: "192.0.2.1" }), "http-01");
  assert.equal(typeOf({ inHandshakes: true, name: "*.example.com" }), undefined);
});
