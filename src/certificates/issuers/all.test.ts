import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { acmeCertificateStage } from "#test/fakes/certificates/acme-certificate-stage.ts";
import { issuersOnStage } from "#test/fakes/certificates/certificate-issuers.ts";
import { issuerBackends } from "./all.ts";
import { issuerContract } from "./contract.ts";
import type { IssuerDeps } from "./issuer.ts";

/** Way of signing → an issuer of it; ACME is made beside the others, with what it needs of the proxies. */
const ways: Readonly<Record<string, Parameters<typeof issuerContract>[1]>> = {
  acme: async (context) => {
    const { stage, issue } = await acmeCertificateStage(context, {});
    await issue();
    return { stage, issuerRef: { name: "public", kind: "ClusterIssuer" } };
  },
  "aws-pca": issuersOnStage["AWS Private CA"],
  ca: issuersOnStage.ca,
  "self-signed": issuersOnStage["self-signed"],
};

for (const [name, open] of Object.entries(ways)) issuerContract(name, open);

/** Nothing is asked of it: the ways of signing only say who they are. */
const nothing = {} as IssuerDeps;

test("every way of signing has a name of its own and kinds of issuers", () => {
  const backends = issuerBackends.map((create) => create(nothing));
  assert.equal(new Set(backends.map(({ name }) => name)).size, backends.length);
  for (const { name, issuerKinds } of backends) assert.ok(issuerKinds.length > 0, name);
});

test("every way of signing is held to the contract", () => {
  for (const { name } of issuerBackends.map((create) => create(nothing)))
    assert.ok(ways[name], name);
});

test("the SDK of AWS is loaded by nobody who does not ask AWS", () => {
  const script = `await import(${JSON.stringify(new URL("all.ts", import.meta.url).href)});
    await import(${JSON.stringify(new URL("../dns-providers/all.ts", import.meta.url).href)});
    const { registerHooks } = await import("node:module");
    const loaded = [];
    registerHooks({ load: (url, context, next) => { loaded.push(url); return next(url, context); } });
    await import("@aws-sdk/client-sts");
    console.log(loaded.some((url) => url.includes("client-sts")));`;
  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
    cwd: import.meta.dirname,
    encoding: "utf8",
  });
  // It comes only now: had it been there, nothing would have been loaded.
  assert.equal(stdout.trim(), "true", stderr);
});
