import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import { type AddressInfo, createServer as createSilent } from "node:net";
import { type TestContext, test } from "node:test";
import { createHttpClients } from "#runtime/http/real-http-client.ts";
import { createClock } from "#runtime/real-clock.ts";
import { createManualClock } from "#test/fakes/runtime/manual-clock.ts";
import { freePorts } from "#test/system/harness/real-envoy.ts";
import { addressVerdict } from "./name-checks.ts";
import { portVerdicts } from "./port-check.ts";

const name = "www.example.com";
const addresses = ["127.0.0.1"];
const clients = createHttpClients();

async function listening(
  context: TestContext,
  server: Server | ReturnType<typeof createSilent>,
): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  context.after(() => server.close());
  return (server.address() as AddressInfo).port;
}

test("a name is well that leads to addresses of the internet, and to these alone", () => {
  assert.equal(addressVerdict(name, ["203.0.113.7", "2001:db8::7"]).level, "ok");
  for (const inner of ["192.168.1.2", "100.64.0.1", "fd00::1"]) {
    const { level, text } = addressVerdict(name, ["203.0.113.7", inner]);
    assert.equal(level, "warning");
    assert.ok(text.endsWith(`nobody on the internet reaches ${inner}`), text);
  }
  const { level, record } = addressVerdict(name, []);
  assert.equal(level, "error");
  assert.match(record ?? "", /^www\.example\.com\. 300 IN A ADDRESS /);
  assert.equal(addressVerdict("*.example.com", [], "record").level, "warning");
});

test("whatever answers at the port is asked for the name, where an authority would ask", async (context) => {
  const asked: string[] = [];
  const server = createServer(({ headers, url }, response) => {
    asked.push(`${headers.host} ${url}`);
    response.writeHead(404).end();
  });
  const port = await listening(context, server);
  const verdicts = await portVerdicts(
    { clients, clock: createClock() },
    { name, addresses, by: "http-01", port },
  );
  const text = "something answers at 127.0.0.1, with 404";
  assert.deepEqual(verdicts, [{ level: "ok", about: `port ${port}`, text }]);
  const path = "/.well-known/acme-challenge/sekisho-preflight";
  assert.deepEqual(asked, [`${name}:${port} ${path}`]);
});

test("a port that is closed is told with what to do, which depends on the port that is served", async () => {
  const { closed: port } = await freePorts("closed");
  const deps = { clients, clock: createClock() };
  const advised = async (servedPort?: number): Promise<string | undefined> => {
    const served = servedPort === undefined ? {} : { servedPort };
    const [verdict] = await portVerdicts(deps, { name, addresses, by: "http-01", port, ...served });
    assert.equal(verdict?.level, "error");
    return verdict?.advice;
  };
  assert.match((await advised()) ?? "", /^serve it: sekisho up DIR --http /);
  assert.match((await advised(port)) ?? "", /^let firewall and router pass port /);
  const other = `HTTP-01 needs port ${port}; you serve 8080: `;
  assert.ok((await advised(8080))?.startsWith(other));
});

test("a name whose IPv6 address alone is not served is told to have both served", async (context) => {
  const port = await listening(
    context,
    createServer((_, response) => response.end()),
  );
  const [four, six] = await portVerdicts(
    { clients, clock: createClock() },
    { name, addresses: ["127.0.0.1", "::1"], by: "http-01", port, servedPort: port },
  );
  assert.equal(four?.level, "ok");
  assert.match(six?.text ?? "", /^nobody answers at ::1: /);
  assert.match(six?.advice ?? "", /^IPv4 alone is served, .* --address ::, /);
});

test("one that takes connections and says nothing is given up", async (context) => {
  const taken = Promise.withResolvers<void>();
  const server = createSilent((socket) => {
    context.after(() => socket.destroy());
    taken.resolve();
  });
  const port = await listening(context, server);
  const clock = createManualClock();
  const verdicts = portVerdicts({ clients, clock }, { name, addresses, by: "http-01", port });
  await taken.promise;
  await clock.advance({ seconds: 10 });
  const [verdict] = await verdicts;
  assert.equal(verdict?.text, "nobody answers at 127.0.0.1: no answer within 10 s");
});

test("a handshake that is refused is an answer where names are shown in handshakes", async (context) => {
  const server = createSilent((socket) => socket.destroy());
  const asked = {
    name,
    addresses,
    by: "tls-alpn-01",
    port: await listening(context, server),
  } as const;
  const deps = { clients, clock: createClock() };
  const [verdict] = await portVerdicts(deps, asked);
  assert.equal(verdict?.text, "something answers at 127.0.0.1, with a handshake that it ends");
  const { closed: port } = await freePorts("closed");
  const [closed] = await portVerdicts(deps, { ...asked, port, servedPort: 8443 });
  assert.ok(closed?.advice?.startsWith(`TLS-ALPN-01 needs port ${port}; you serve 8443: `));
});
