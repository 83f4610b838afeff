import assert from "node:assert/strict";
import { test } from "node:test";
import type { Dns01Solver } from "#kinds/cert-manager/acme-solver.ts";
import { dnsProviders } from "./all.ts";
import type { ProviderContext } from "./dns-provider.ts";

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
