import assert from "node:assert/strict";
import { test } from "node:test";
import { SecretBytes } from "#base/secret-bytes.ts";
import type { AcmeSolver, Dns01Solver } from "#kinds/cert-manager/acme-solver.ts";
import { createRandom } from "#runtime/real-random.ts";
import { type FakeDnsOptions, FakeDnsServer } from "#test/fakes/dns/fake-dns-server.ts";
import { type AtAddress, createFakeDnsTransport } from "#test/fakes/dns/fake-dns-transport.ts";
import { TxtRecords } from "#test/fakes/dns/txt-records.ts";
import { createManualClock, type ManualClock } from "#test/fakes/runtime/manual-clock.ts";
import { type OutboundDoor, OutboundError } from "../../outbound/outbound-door.ts";
import type { ChallengeToSolve, Solver, SolverOutcome } from "../solver.ts";
import { createDns01Solver } from "./dns-01.ts";

const never = new AbortController().signal;
const record = "_acme-challenge.www.example.com";
const [resolver, first, second] = ["192.0.2.1", "192.0.2.11", "192.0.2.12"];

/** Whatever is at 127.0.0.1 is not reached; names lead nowhere. */
const outbound: OutboundDoor = {
  request: () => Promise.reject(new Error("nothing is asked over HTTP here")),
  addressesOf: (host) =>
    host.startsWith("127.")
      ? Promise.reject(new OutboundError("forbidden", `${host} is an address of this machine`))
      : Promise.resolve([host]),
  close: () => undefined,
};

interface World {
  readonly solver: Solver;
  readonly clock: ManualClock;
  readonly asked: readonly string[];
}

/** A zone with two servers, each with records of its own, and a resolver that knows them all. */
interface Zone {
  readonly texts: TxtRecords;
  readonly texts2: TxtRecords;
  readonly heard: TxtRecords;
  readonly servers: Record<string, AtAddress>;
}

function zone(over: Partial<FakeDnsOptions> = {}): Zone {
  const [texts, texts2, heard] = [new TxtRecords(), new TxtRecords(), new TxtRecords()];
  const facts = {
    servers: { "example.com": ["ns1.example.net", "ns2.example.net"] },
    addresses: { "ns1.example.net": first, "ns2.example.net": second },
    ...over,
  };
  const servers = {
    [resolver]: new FakeDnsServer({ ...facts, texts: heard, known: ["example.com"] }),
    [first]: new FakeDnsServer({ ...facts, texts, zones: ["example.com"] }),
    [second]: new FakeDnsServer({ ...facts, texts: texts2, zones: ["example.com"] }),
  };
  return { texts, texts2, heard, servers };
}

function world(servers: Readonly<Record<string, AtAddress>>, door = outbound): World {
  const clock = createManualClock();
  const transport = createFakeDnsTransport(servers, [{ address: resolver, port: 53 }]);
  const ambient = { readFile: () => Promise.resolve(undefined), metadata: outbound };
  const solver = createDns01Solver({
    ...{ clock, random: createRandom(), outbound: door, transport, ambient, variables: {} },
    resolvers: [],
  });
  return { solver, clock, asked: transport.asked };
}

function challenge(dns01: Dns01Solver = manual, over: Partial<AcmeSolver> = {}): ChallengeToSolve {
  return {
    ...{ dnsName: "www.example.com", token: "token", key: "value" },
    solver: { dns01, ...over },
    issuer: {
      credentialsNamespace: "cert-manager",
      mayUseAmbient: true,
      secretOf: ({ name }) =>
        Promise.resolve(name === "there" ? new SecretBytes(Buffer.from("a2V5")) : undefined),
    },
  };
}

const manual: Dns01Solver = { webhook: { groupName: "sekisho.dev", solverName: "manual" } };

function seconds(outcome: SolverOutcome): number {
  return outcome.kind === "pending" ? outcome.retryAfter.total("seconds") : Number.NaN;
}

/** Lets time pass, as far as somebody waits for it, until the outcome is there. */
async function inTime(outcome: Promise<SolverOutcome>, clock: ManualClock): Promise<SolverOutcome> {
  for (let left = 100; left > 0; left--) {
    const first = await Promise.race([outcome, clock.timerSet()]);
    if (first !== undefined) return first;
    await clock.advance({ seconds: 1 });
  }
  assert.fail("it waits for ever");
}

test("a record that one server has not got yet is looked for again soon, and it says what is missing where", async () => {
  const there = zone();
  await there.texts.set(record, ["value", "another"]);
  const { solver } = world(there.servers);
  const outcome = await solver.check(challenge(), never);
  assert.equal(seconds(outcome), 2);
  assert.match(
    outcome.kind === "pending" ? outcome.message : "",
    /^ns2\.example\.net has no record _acme-challenge\.www\.example\.com TXT "value" yet$/,
  );
  await there.texts2.set(record, ["value"]);
  assert.deepEqual(await solver.check(challenge(), never), { kind: "done" });
});

test("a server that is down hinders nobody while another answers", async () => {
  const there = zone();
  await there.texts2.set(record, ["value"]);
  const { solver } = world({ ...there.servers, [first]: "closed" });
  assert.deepEqual(await solver.check(challenge(), never), { kind: "done" });
});

test("with port 53 closed the resolvers are asked, later again, and the servers no more for a while", async () => {
  const there = zone();
  const { solver, clock, asked } = world({
    ...there.servers,
    [first]: "silent",
    [second]: "closed",
  });
  const checked = solver.check(challenge(), never);
  assert.equal(seconds(await inTime(checked, clock)), 10);
  const before = asked.length;
  await there.heard.set(record, ["value"]);
  assert.deepEqual(await solver.check(challenge(), never), { kind: "done" });
  assert.ok(asked.slice(before).every((one) => one.startsWith(`${resolver}:`)));
});

test("where nobody knows the zone the resolvers' word counts", async () => {
  const heard = new TxtRecords();
  await heard.set(record, ["value"]);
  const { solver } = world({ [resolver]: new FakeDnsServer({ texts: heard }) });
  assert.deepEqual(await solver.check(challenge(), never), { kind: "done" });
});

test("servers of a zone that are inside are not asked", async () => {
  const there = zone({ addresses: { "ns1.example.net": "127.0.0.1", "ns2.example.net": second } });
  await there.texts2.set(record, ["value"]);
  const { solver, asked } = world(there.servers);
  assert.deepEqual(await solver.check(challenge(), never), { kind: "done" });
  assert.ok(!asked.some((one) => one.startsWith("127.")));
});

test("the nameservers of a solver are asked in place of everybody else, over TCP where UDP has no room", async () => {
  const texts = new TxtRecords();
  await texts.set(record, ["value"]);
  const { solver, asked } = world({ "192.0.2.77": new FakeDnsServer({ texts, truncates: true }) });
  const nameservers = ["192.0.2.77:5353"];
  assert.deepEqual(await solver.check(challenge({ ...manual, nameservers }), never), {
    kind: "done",
  });
  assert.deepEqual([...new Set(asked)].sort(), ["192.0.2.77:5353 tcp", "192.0.2.77:5353 udp"]);
});

test("a nameserver over HTTPS is asked through the door, with a bounded answer", async () => {
  const texts = new TxtRecords();
  await texts.set(record, ["value"]);
  const server = new FakeDnsServer({ texts });
  const asked: string[] = [];
  const door: OutboundDoor = {
    ...outbound,
    request: async ({ url, maxBytes = 0 }) => {
      const question = new URL(url);
      asked.push(`${question.origin}${question.pathname} ${maxBytes <= 131_072}`);
      const message = Buffer.from(question.searchParams.get("dns") ?? "", "base64url");
      return { status: 200, headers: {}, body: await server.answer(message, "tcp") };
    },
  };
  const { solver } = world({}, door);
  const nameservers = ["https://dns.example.net/dns-query"];
  assert.deepEqual(await solver.check(challenge({ ...manual, nameservers }), never), {
    kind: "done",
  });
  assert.deepEqual([...new Set(asked)], ["https://dns.example.net/dns-query true"]);
});

test("a nameserver that is inside is refused", async () => {
  const { solver, asked } = world({});
  const nameservers = ["127.0.0.1:53"];
  const outcome = await solver.check(challenge({ ...manual, nameservers }), never);
  assert.match(outcome.kind === "pending" ? outcome.message : "", /is an address of this machine/);
  assert.deepEqual(asked, []);
});

test("a CNAME is followed to the zone that the record is written in, when the solver says so", async () => {
  const aliases = { [record]: "www.acme.example.org" };
  const there = zone({ aliases });
  const { solver } = world(there.servers);
  const notice = async (dns01: Dns01Solver): Promise<string> => {
    const outcome = await solver.present(challenge(dns01), never);
    return outcome.kind === "done" ? (outcome.notice ?? "") : outcome.message;
  };
  assert.match(
    await notice({ ...manual, cnameStrategy: "Follow" }),
    /: www\.acme\.example\.org\. /,
  );
  assert.match(await notice(manual), /: _acme-challenge\.www\.example\.com\. /);
});

test("CNAMEs that lead in a circle are told and end the work", async () => {
  const aliases = { [record]: "a.example.com", "a.example.com": record };
  const circle = new FakeDnsServer({ texts: new TxtRecords(), aliases });
  const { solver } = world({ [resolver]: circle });
  const outcome = await solver.present(challenge({ ...manual, cnameStrategy: "Follow" }), never);
  assert.match(outcome.kind === "pending" ? outcome.message : "", /lead in a circle/);
});

test("instead of looking it waits, as long as the solver says, from when it was presented", async () => {
  const { solver, clock, asked } = world({});
  const presentedAt = clock.now();
  const waiting = { ...challenge(manual, { waitInsteadOfSelfCheck: "1m30s" }), presentedAt };
  assert.equal(seconds(await solver.check(waiting, never)), 90);
  await clock.advance({ seconds: 60 });
  assert.equal(seconds(await solver.check(waiting, never)), 30);
  await clock.advance({ seconds: 30 });
  assert.deepEqual(await solver.check(waiting, never), { kind: "done" });
  const atOnce = challenge(manual, { waitInsteadOfSelfCheck: "0s" });
  assert.deepEqual(await solver.check(atOnce, never), { kind: "done" });
  assert.deepEqual(asked, []);
});

const tsig = (name: string): Dns01Solver => ({
  rfc2136: {
    ...{ nameserver: first, tsigKeyName: "k" },
    tsigSecretSecretRef: { name, key: "key" },
  },
});

test("without its credentials a record is waited with, and clean-up is given up with the reason", async () => {
  const { solver } = world(zone().servers);
  const presented = await solver.present(challenge(tsig("gone")), never);
  assert.equal(seconds(presented), 60);
  assert.equal(presented.kind === "pending" && presented.problem, true);
  assert.deepEqual(await solver.cleanUp(challenge(tsig("gone")), never), {
    kind: "failed",
    message: "Secret cert-manager/gone is not there or has no key",
  });
});

test("a server that is down is tried again, also in clean-up", async () => {
  const there = zone();
  const { solver } = world({ ...there.servers, [first]: "closed" });
  for (const outcome of [
    await solver.present(challenge(tsig("there")), never),
    await solver.cleanUp(challenge(tsig("there")), never),
  ])
    assert.equal(seconds(outcome), 10);
});

test("a provider that is not served is told, and nothing is tried", async () => {
  const { solver, asked } = world({});
  const dns01 = { digitalocean: { tokenSecretRef: { name: "there", key: "key" } } };
  const message = "the DNS provider of the solver is not served";
  assert.deepEqual(await solver.present(challenge(dns01), never), { kind: "failed", message });
  assert.deepEqual(asked, []);
});
