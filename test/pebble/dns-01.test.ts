import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { describe, test } from "node:test";
import type { JsonObject } from "#base/json.ts";
import { createDns01Solver } from "#certificates/solvers/dns-01/dns-01.ts";
import { challengeKind, readChallengeStatus } from "#kinds/cert-manager/challenge.ts";
import { createDnsTransport } from "#runtime/network/real-dns-transport.ts";
import { startAzure } from "#test/fakes/azure/fake-azure.ts";
import { startCloudflare } from "#test/fakes/cloudflare/fake-cloudflare.ts";
import { recordsFor } from "#test/fakes/dns/pebble-records.ts";
import type { TxtRecords } from "#test/fakes/dns/txt-records.ts";
import { startRoute53 } from "#test/fakes/route53/fake-route53.ts";
import { skipWithoutGo } from "#test/lab/build/requirements.ts";
import { type AcmeStage, issuerOf, openStage } from "./acme-stage.ts";
import { type Pebble, startPebble } from "./pebble.ts";

const skip = await skipWithoutGo();

interface World {
  readonly stage: AcmeStage;
  readonly pebble: Pebble;
  readonly variables: Record<string, string>;
  readonly records: TxtRecords;
}

/** An ACME server and controllers whose solver looks where it does. */
async function open(undo: AsyncDisposableStack): Promise<World> {
  const pebble = undo.use(await startPebble());
  const variables: Record<string, string> = {};
  const stage = undo.use(
    await openStage(({ clock, random, door }) => [
      createDns01Solver({
        ...{ clock, random, outbound: door, transport: createDnsTransport(), variables },
        resolvers: [`${pebble.dns.host}:${pebble.dns.port}`],
        ambient: { metadata: door, readFile: () => Promise.resolve(undefined) },
      }),
    ]),
  );
  return { stage, pebble, variables, records: recordsFor(pebble) };
}

async function issue({ stage, pebble }: World, dns01: JsonObject): Promise<void> {
  const spec = { ...issuerOf(pebble), solvers: [{ dns01 }] };
  assert.equal(await stage.issue(spec), "ACMEAccountRegistered");
  await stage.start();
}

async function secret({ stage }: World, name: string, stringData: JsonObject): Promise<void> {
  await stage.store.create({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name, namespace: "cert-manager" },
    body: { type: "Opaque", stringData },
  });
}

/** A certificate for a name and its wildcard, and nothing left behind. */
async function isIssued({ stage, records }: World): Promise<void> {
  const status = await stage.order("web-1", ["example.com", "*.example.com"]);
  assert.equal(status.state, "valid", status.reason ?? "");
  const pem = Buffer.from(status.certificate ?? "", "base64").toString();
  assert.equal(new X509Certificate(pem).subjectAltName, "DNS:example.com, DNS:*.example.com");
  await untilGone(stage);
  assert.deepEqual(records.all(), []);
}

async function untilGone({ store }: AcmeStage): Promise<void> {
  const { items, point } = await store.list(challengeKind.id);
  let left = items.length;
  if (left === 0) return;
  const stop = new AbortController();
  for await (const { events } of store.watch({ [challengeKind.id]: point }, stop.signal)) {
    left -= events.filter(({ kind }) => kind === "deleted").length;
    if (left === 0) break;
  }
  stop.abort();
}

describe("DNS-01 over a real Pebble", { skip }, () => {
  test("Cloudflare", async () => {
    await using undo = new AsyncDisposableStack();
    const world = await open(undo);
    const { records } = world;
    const key = { email: "me@example.com", key: "global" };
    const api = undo.use(
      await startCloudflare({ zones: ["example.com"], token: "token", key, records }),
    );
    world.variables["CLOUDFLARE_BASE_URL"] = api.base;
    await secret(world, "cloudflare-api-token-secret", { "api-token": "token" });
    const apiTokenSecretRef = { name: "cloudflare-api-token-secret", key: "api-token" };
    await issue(world, { cloudflare: { apiTokenSecretRef } });
    await isIssued(world);
  });

  test("Azure DNS", async () => {
    await using undo = new AsyncDisposableStack();
    const world = await open(undo);
    const place = { subscription: "sub", group: "dns", zones: ["example.com"] };
    const identity = { tenant: "tenant", client: "client", secret: "s3cret" };
    const api = undo.use(
      await startAzure({ ...place, ...identity, federatedToken: "", records: world.records }),
    );
    world.variables["AZURE_AUTHORITY_HOST"] = api.url;
    world.variables["AZURE_RESOURCE_MANAGER_URL"] = api.url;
    await secret(world, "azuredns-config", { "client-secret": "s3cret" });
    await issue(world, {
      azureDNS: {
        ...{ subscriptionID: "sub", resourceGroupName: "dns", hostedZoneName: "example.com" },
        ...{ clientID: "client", tenantID: "tenant", environment: "AzurePublicCloud" },
        clientSecretSecretRef: { name: "azuredns-config", key: "client-secret" },
      },
    });
    await isIssued(world);
  });

  test("Route 53", async () => {
    await using undo = new AsyncDisposableStack();
    const world = await open(undo);
    const keys = [{ id: "AKIADNS", secret: "s3cret" }];
    const zones = { zones: ["example.com"], privateZones: ["example.com"] };
    const api = undo.use(await startRoute53({ ...zones, keys, records: world.records }));
    world.variables["AWS_ENDPOINT_URL_ROUTE_53"] = api.url;
    await secret(world, "route53", { id: "AKIADNS", secret: "s3cret" });
    await issue(world, {
      route53: {
        region: "eu-central-1",
        accessKeyIDSecretRef: { name: "route53", key: "id" },
        secretAccessKeySecretRef: { name: "route53", key: "secret" },
      },
    });
    await isIssued(world);
  });

  test("a person who creates what the Challenge says", async () => {
    await using undo = new AsyncDisposableStack();
    const world = await open(undo);
    await issue(world, { webhook: { groupName: "sekisho.dev", solverName: "manual" } });
    const stop = new AbortController();
    const person = obey(world, stop.signal);
    const { state, reason } = await world.stage.order("web-1", ["www.example.com"]);
    stop.abort();
    await person;
    assert.equal(state, "valid", reason ?? "");
    await untilGone(world.stage);
    const notices = world.stage.events.filter(({ reason: event }) => event === "CleanedUp");
    assert.match(
      notices[0]?.message ?? "",
      /^this DNS record is not needed any more: _acme-challenge\.www/,
    );
  });

  test("a token that does not let in is told on the Challenge", async () => {
    await using undo = new AsyncDisposableStack();
    const world = await open(undo);
    const { records, stage } = world;
    const key = { email: "me@example.com", key: "global" };
    const api = undo.use(
      await startCloudflare({ zones: ["example.com"], token: "token", key, records }),
    );
    world.variables["CLOUDFLARE_BASE_URL"] = api.base;
    await secret(world, "cloudflare", { token: "another" });
    await issue(world, { cloudflare: { apiTokenSecretRef: { name: "cloudflare", key: "token" } } });
    const ordered = stage.order("web-1", ["example.com"]);
    ordered.catch(() => undefined);
    const said = await reasonLike(stage, /Invalid request headers/);
    assert.equal(said, "Cloudflare: Invalid request headers (6003)");
  });
});

/** Creates each record that a Challenge asks for. */
async function obey({ stage, records }: World, signal: AbortSignal): Promise<void> {
  for await (const reason of reasons(stage, signal)) {
    const [, name = "", value = ""] = /(_acme-challenge\S+?)\.? .*TXT "([^"]+)"/.exec(reason) ?? [];
    if (name !== "" && records.of(name).length === 0) await records.set(name, [value]);
  }
}

async function reasonLike(stage: AcmeStage, pattern: RegExp): Promise<string> {
  const stop = new AbortController();
  for await (const reason of reasons(stage, stop.signal)) {
    if (!pattern.test(reason)) continue;
    stop.abort();
    return reason;
  }
  throw new Error("the store ended first");
}

/** What Challenges say, from now on. */
async function* reasons({ store }: AcmeStage, signal: AbortSignal): AsyncGenerator<string> {
  const { items, point } = await store.list(challengeKind.id);
  for (const one of items) yield readChallengeStatus(one).reason ?? "";
  for await (const { events } of store.watch({ [challengeKind.id]: point }, signal))
    for (const { object } of events) yield readChallengeStatus(object).reason ?? "";
}
