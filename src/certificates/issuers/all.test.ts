import assert from "node:assert/strict";
import { test } from "node:test";
import { issuerBackends } from "./all.ts";
import type { IssuerDeps } from "./issuer.ts";

/** Nothing is asked of it: the ways of signing only say who they are. */
const nothing = {} as IssuerDeps;

test("every way of signing has a name of its own and kinds of issuers", () => {
  const backends = issuerBackends.map((create) => create(nothing));
  assert.equal(new Set(backends.map(({ name }) => name)).size, backends.length);
  for (const { name, issuerKinds } of backends) assert.ok(issuerKinds.length > 0, name);
});
