import assert from "node:assert/strict";
import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import { createHttpClients } from "#runtime/http/real-http-client.ts";
import { createNameLookup } from "#runtime/network/real-name-lookup.ts";
import { createClock } from "#runtime/real-clock.ts";
import { createManualClock } from "#test/fakes/runtime/manual-clock.ts";
import { selfSigned } from "#test/simulators/self-signed.ts";
import {
  type OutboundDoor,
  OutboundError,
  type OutboundErrorCode,
  type OutboundRequest,
} from "./outbound-door.ts";
import { createOutboundDoor, type OutboundDeps } from "./real-outbound-door.ts";

const name = "ca.example.com";
const leaf = selfSigned([name]);

async function listen(context: TestContext, server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

function open(context: TestContext, deps: Partial<OutboundDeps> = {}): OutboundDoor {
  const door = createOutboundDoor({
    clock: createClock(),
    clients: createHttpClients(),
    names: { addresses: (host) => Promise.resolve(host === name ? ["127.0.0.1"] : []) },
    rules: { allowed: ["127.0.0.1"], apiServers: () => [] },
    ...deps,
  });
  context.after(() => door.close());
  return door;
}

/** A request to a TLS server behind a name that only our lookup knows. */
async function askServer(
  context: TestContext,
  answer: RequestListener,
  request: Partial<OutboundRequest> = {},
): Promise<string> {
  const server = createTlsServer({ cert: leaf.certificate, key: leaf.key }, answer);
  const port = await listen(context, server);
  const { status, body } = await open(context).request({
    url: `https://${name}:${port}/dir?q=1`,
    method: "GET",
    trust: { authorities: leaf.certificate },
    ...request,
  });
  return `${status} ${Buffer.from(body)}`;
}

async function failsWith(code: OutboundErrorCode, asked: Promise<unknown>): Promise<string> {
  let message = "";
  await assert.rejects(asked, (error) => {
    assert.ok(error instanceof OutboundError, String(error));
    message = error.message;
    return error.code === code;
  });
  return message;
}

const get = (url: string): OutboundRequest => ({ url, method: "GET" });

test("the server is reached at the address that was judged, by its name", async (context) => {
  const answer = await askServer(context, (request, response) =>
    response.end(`${request.headers.host?.split(":")[0]} ${request.url}`),
  );
  assert.equal(answer, `200 ${name} /dir?q=1`);
});

test("a certificate for another name, or of nobody we trust, is refused", async (context) => {
  const server = createTlsServer({ cert: leaf.certificate, key: leaf.key }, (_, response) =>
    response.end(),
  );
  const port = await listen(context, server);
  const door = open(context, { names: { addresses: () => Promise.resolve(["127.0.0.1"]) } });
  const trust = { authorities: leaf.certificate };
  await failsWith("untrusted", door.request(get(`https://${name}:${port}/`)));
  const other = { ...get(`https://other.example.com:${port}/`), trust };
  await failsWith("untrusted", door.request(other));
  const answer = await door.request({ ...other, trust: { unverified: true } });
  assert.equal(answer.status, 200);
});

test("a name is resolved once a request: what it resolves to later is not connected to", async (context) => {
  const server = createServer((_, response) => response.end("inside"));
  const port = await listen(context, server);
  let lookups = 0;
  const names = {
    addresses: () => Promise.resolve(lookups++ === 0 ? ["127.0.0.9"] : ["127.0.0.1"]),
  };
  const rules = { allowed: ["127.0.0.9"], apiServers: () => [] };
  const door = open(context, { names, rules });
  await failsWith("unreachable", door.request(get(`http://${name}:${port}/`)));
  assert.equal(lookups, 1);
  await failsWith("forbidden", door.request(get(`http://${name}:${port}/`)));
});

const hidden: Readonly<Record<string, string>> = {
  "a name of this machine": "http://localhost/",
  "a decimal number": "http://2130706433/",
  "a hexadecimal number": "http://0x7f000001/",
  "octal parts": "http://0177.0.0.01/",
  "few parts": "http://127.1/",
  "mapped IPv6": "http://[::ffff:127.0.0.1]/",
  "metadata in decimal": "http://2852039166/",
  "metadata, mapped": "http://[::ffff:a9fe:a9fe]/",
  "wide digits": "http://１２７.０.０.１/",
};

for (const [what, url] of Object.entries(hidden)) {
  test(`an address is judged however it is written: ${what}`, async (context) => {
    const rules = { allowed: [], apiServers: () => [] };
    const door = open(context, { names: createNameLookup(), rules });
    await failsWith("forbidden", door.request(get(url)));
  });
}

test("a host that is no URL is judged alike", async (context) => {
  const rules = { allowed: [], apiServers: () => ["192.0.2.1"] };
  const door = open(context, { names: createNameLookup(), rules });
  for (const host of ["2130706433", "0x7f.1", "017700000001", "::1", "192.0.2.1"])
    await failsWith("forbidden", door.addressesOf(host));
  assert.deepEqual(await door.addressesOf("192.0.2.2"), ["192.0.2.2"]);
});

test("of several addresses those that are not forbidden are tried in turn, IPv4 first", async (context) => {
  const server = createServer((_, response) => response.end("reached"));
  const port = await listen(context, server);
  const found = ["127.0.0.1", "127.0.0.9", "169.254.169.254", "::1"];
  const names = { addresses: () => Promise.resolve(["::1", ...found.slice(0, 3)].toSorted()) };
  const rules = { allowed: ["127.0.0.1", "127.0.0.9", "::1"], apiServers: () => [] };
  const door = open(context, { names, rules });
  assert.deepEqual(await door.addressesOf(name), ["127.0.0.1", "127.0.0.9", "::1"]);
  const reversed = { addresses: async () => (await names.addresses()).toReversed() };
  const answer = await open(context, { names: reversed, rules }).request(
    get(`http://${name}:${port}/`),
  );
  assert.equal(`${Buffer.from(answer.body)}`, "reached");
});

test("the refusal says address and reason", async (context) => {
  const names = { addresses: () => Promise.resolve(["169.254.169.254"]) };
  const message = await failsWith("forbidden", open(context, { names }).addressesOf(name));
  assert.equal(
    message,
    "ca.example.com resolves to 169.254.169.254, which is a link-local address: it is not connected to",
  );
});

test("a redirect is an error, or given to who asks for it, but not followed", async (context) => {
  const answer: RequestListener = (_, response) =>
    response.writeHead(302, { location: "http://127.0.0.1/" }).end("moved");
  await failsWith("redirected", askServer(context, answer));
  assert.equal(await askServer(context, answer, { redirects: "given" }), "302 moved");
});

test("no more of a body is read than asked for", async (context) => {
  const answer: RequestListener = (_, response) => {
    response.on("error", () => undefined);
    response.write("x".repeat(2000));
  };
  await failsWith("too-large", askServer(context, answer, { maxBytes: 1000 }));
});

test("a server that never answers is left in time", async (context) => {
  const clock = createManualClock();
  const server = createServer(() => undefined);
  const port = await listen(context, server);
  const asked = open(context, { clock }).request(get(`http://${name}:${port}/`));
  const failed = failsWith("timeout", asked);
  await clock.advance({ seconds: 30 });
  await failed;
});

test("a lookup that never ends is left in time, and whoever asks may end it", async (context) => {
  const clock = createManualClock();
  const names = { addresses: () => new Promise<never>(() => undefined) };
  const door = open(context, { clock, names });
  const failed = failsWith("timeout", door.request(get("http://a/")));
  await clock.advance({ seconds: 30 });
  await failed;
  const stop = new AbortController();
  const aborted = failsWith("aborted", door.request(get("http://a/"), stop.signal));
  stop.abort();
  await aborted;
});

test("other schemes and credentials in the URL are refused", async (context) => {
  const door = open(context);
  for (const url of ["file:///etc/passwd", "ftp://ca.example.com/", "no", "https://u:p@x/"])
    await failsWith("invalid-url", door.request(get(url)));
});

test("a name that does not resolve is told apart", async (context) => {
  const message = await failsWith(
    "unresolved",
    open(context).request(get("https://gone.invalid/")),
  );
  assert.equal(message, "gone.invalid does not resolve");
});

test("connections are kept for the next request and closed when none comes", async (context) => {
  const clock = createManualClock();
  const server = createServer((_, response) => response.end());
  const port = await listen(context, server);
  let connections = 0;
  const closed = Promise.withResolvers<void>();
  server.on("connection", (socket) => {
    connections++;
    socket.on("close", () => closed.resolve());
  });
  const door = open(context, { clock });
  await door.request(get(`http://${name}:${port}/`));
  await door.request(get(`http://${name}:${port}/`));
  assert.equal(connections, 1);
  await clock.advance({ seconds: 10 });
  await closed.promise;
  assert.equal(clock.timerCount(), 0);
});
