import assert from "node:assert/strict";
import { test } from "node:test";
import { startCloudflare } from "#test/fakes/cloudflare/fake-cloudflare.ts";
import { providerContext } from "#test/fakes/dns/provider-context.ts";
import { TxtRecords } from "#test/fakes/dns/txt-records.ts";
import { DnsProviderError } from "../dns-provider.ts";
import { cloudflare } from "./cloudflare.ts";

const never = new AbortController().signal;
const key = { email: "unused", key: "unused" };
const solver = { cloudflare: { apiTokenSecretRef: { name: "cloudflare", key: "token" } } };
const record = {
  ...{ name: "_acme-challenge.a.eu.example.com", value: "v", dnsName: "a.eu.example.com" },
};

test("of several zones the one with the longest name is written to", async () => {
  const records = new TxtRecords();
  const zones = ["com", "example.com", "eu.example.com"];
  await using api = await startCloudflare({ zones, token: "t", key, records });
  const variables = { CLOUDFLARE_BASE_URL: `${api.base}/` };
  using made = providerContext({ secrets: { "cloudflare/token": "t" }, variables });
  await cloudflare.open(solver, made.context)?.present(record, never);
  const zone = Buffer.from("eu.example.com").toString("hex");
  assert.ok(api.asked.at(-1)?.startsWith(`POST /client/v4/zones/${zone}/dns_records`));
});

test("ours is found among more values than a page holds", async () => {
  const records = new TxtRecords();
  const others = Array.from({ length: 250 }, (_, index) => `other-${index}`);
  await records.set(record.name, [...others, "v"]);
  await using api = await startCloudflare({ zones: ["example.com"], token: "t", key, records });
  const variables = { CLOUDFLARE_BASE_URL: api.base };
  using made = providerContext({ secrets: { "cloudflare/token": "t" }, variables });
  const writer = cloudflare.open(solver, made.context);
  await writer?.present(record, never);
  assert.equal(records.of(record.name).length, 251);
  await writer?.cleanUp(record, never);
  assert.deepEqual(records.of(record.name), others);
});

test("a value that cannot be a token is told, and goes nowhere", async () => {
  const records = new TxtRecords();
  await using api = await startCloudflare({ zones: ["example.com"], token: "t", key, records });
  const variables = { CLOUDFLARE_BASE_URL: api.base };
  for (const value of ["", "two words", "t\r\nx-evil: 1", "é"]) {
    using made = providerContext({ secrets: { "cloudflare/token": value }, variables });
    const writer = cloudflare.open(solver, made.context);
    await assert.rejects(
      async () => await writer?.present(record, never),
      (error) =>
        error instanceof DnsProviderError &&
        error.code === "credentials" &&
        (value === "" || !error.message.includes(value)),
    );
  }
  assert.deepEqual(api.asked, []);
});
