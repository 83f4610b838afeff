import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { DnsClient } from "#certificates/dns/dns-client.ts";
import { Resolver } from "#certificates/dns/resolver.ts";
import { dnsProviderContract } from "#certificates/dns-providers/contract.ts";
import { DnsProviderError } from "#certificates/dns-providers/dns-provider.ts";
import { rfc2136 } from "#certificates/dns-providers/rfc2136/rfc2136.ts";
import type { Dns01Solver } from "#kinds/cert-manager/acme-solver.ts";
import { createDnsTransport } from "#runtime/network/real-dns-transport.ts";
import { providerContext, type TestContextOfProvider } from "#test/fakes/dns/provider-context.ts";
import { type BindKey, findBind, type RealBind, startBind } from "./real-bind.ts";

const found = findBind();
const skip = found.kind === "found" ? false : found.reason;
const zone = "example.com";
const never = new AbortController().signal;
const secret = Buffer.from("a key of the test, long enough").toString("base64");
const keys: readonly BindKey[] = ["md5", "sha1", "sha256", "sha512"].map((hash) => ({
  ...{ name: `updates-${hash}`, algorithm: `hmac-${hash}`, secret },
}));

describe("over a real BIND", { skip }, () => {
  let bind: RealBind | undefined;
  before(async () => {
    if (found.kind === "found") bind = await startBind(found.path, zone, keys);
  });
  after(() => bind?.[Symbol.asyncDispose]());

  const open = (): TestContextOfProvider & { readonly resolver: Resolver } => {
    const transport = createDnsTransport();
    const made = providerContext({
      secrets: { "tsig/key": secret, "tsig/wrong": "d3Jvbmc=" },
      transport,
    });
    const { clock, random } = made.context;
    const dns = new DnsClient({ clock, random, transport, outbound: made.outbound });
    const server = { kind: "address" as const, address: "127.0.0.1", port: bind?.port ?? 0 };
    return { ...made, resolver: new Resolver(dns, [server]) };
  };
  const solverFor = (hash: string, protocol: "UDP" | "TCP", key = "key"): Dns01Solver => ({
    rfc2136: {
      ...{ nameserver: `127.0.0.1:${bind?.port}`, protocol },
      ...{ tsigKeyName: `updates-${hash}`, tsigAlgorithm: `HMAC${hash.toUpperCase()}` },
      tsigSecretSecretRef: { name: "tsig", key },
    },
  });

  for (const [hash, protocol] of [
    ...[["md5", "UDP"] as const, ["sha1", "TCP"] as const],
    ...[["sha256", "UDP"] as const, ["sha512", "TCP"] as const],
  ]) {
    dnsProviderContract(rfc2136, `BIND, ${hash} over ${protocol}`, async () => {
      const made = open();
      const solver = solverFor(hash, protocol);
      const writer = rfc2136.open(solver, made.context);
      const valuesOf = async (name: string): Promise<readonly string[]> =>
        (await made.resolver.textsOf(name, never)).flat();
      return {
        ...{ solver, context: made.context, zone, secrets: [secret] },
        fail: () => "impossible",
        values: valuesOf,
        setValues: async (name, values) => {
          const record = { name, dnsName: zone };
          for (const value of await valuesOf(name))
            await writer?.cleanUp({ ...record, value }, never);
          for (const value of values) await writer?.present({ ...record, value }, never);
        },
        [Symbol.asyncDispose]: async () => {
          for (const host of ["", ".www", ".a.b.c"]) {
            const name = `_acme-challenge${host}.${zone}`;
            for (const value of await valuesOf(name))
              await writer?.cleanUp({ name, value, dnsName: zone }, never);
          }
          made[Symbol.dispose]();
        },
      };
    });
  }

  const record = { name: `_acme-challenge.${zone}`, value: "v", dnsName: zone };

  test("a wrong key is told, and that it is the key", async () => {
    using made = open();
    const writer = rfc2136.open(solverFor("sha256", "UDP", "wrong"), made.context);
    await assert.rejects(
      async () => await writer?.present(record, never),
      (error) => error instanceof DnsProviderError && error.code === "denied",
    );
  });

  test("without a key the update is refused, and it says what to do", async () => {
    using made = open();
    const writer = rfc2136.open(
      { rfc2136: { nameserver: `127.0.0.1:${bind?.port}` } },
      made.context,
    );
    await assert.rejects(
      async () => await writer?.present(record, never),
      /the server refuses the update: allow the key to change the zone/,
    );
  });

  test("the zone of a name, and who is in charge of it, are found", async () => {
    using made = open();
    assert.equal(await made.resolver.zoneOf(`_acme-challenge.a.b.${zone}`, never), zone);
    const authorities = await made.resolver.authoritiesOf(zone, never);
    assert.deepEqual([...authorities], [[`ns.${zone}`, ["127.0.0.1"]]]);
  });
});
