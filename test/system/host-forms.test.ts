import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, test } from "node:test";
import { scopeHeader } from "#envoy/internal-headers.ts";
import { chainLayout } from "#envoy/listeners/chain-layout.ts";
import type { Echo } from "./harness/host-world.ts";
import { plainSettings, startEcho, worldResources } from "./harness/host-world.ts";
import { freePorts, startEnvoy } from "./harness/real-envoy.ts";
import type { WireAnswer } from "./harness/wire-client.ts";
import { connect, Http2Connection, http1Text, sendText } from "./harness/wire-client.ts";

const everything = new AsyncDisposableStack();
const gate = { http: 0 };

before(async () => {
  const echo = everything.use(await startEcho());
  const ports = await freePorts("http", "https");
  const layout = chainLayout(plainSettings, ports);
  const envoy = everything.use(await startEnvoy(worldResources(layout, echo.port)));
  assert.deepEqual(envoy.refused, []);
  gate.http = ports.http;
});

after(() => everything.disposeAsync());

const long = `${"a".repeat(60)}.${"b".repeat(60)}.${"c".repeat(60)}.${"d".repeat(60)}.one.test`;
const tooLong = `${"a.".repeat(140)}many.test`;

/** The authority of a request → the host that answers. */
const forms: Readonly<Record<string, string>> = {
  "shop.test": "shop.test",
  "shop.test:80": "shop.test",
  "shop.test:": "shop.test",
  "SHOP.test": "shop.test",
  "shop.test.": "shop.test",
  "shop.test.:8080": "shop.test",
  "Shop.Test.:443": "shop.test",
  "www.one.test": "www.one.test",
  "www.one.test:443": "www.one.test",
  "WWW.one.test.": "www.one.test",
  "a.one.test": "*.one.test",
  "a.one.test:8080": "*.one.test",
  "A.One.Test": "*.one.test",
  "a.one.test.": "*.one.test",
  "A.one.test.:443": "*.one.test",
  "one.test": "*",
  "a.b.one.test": "*",
  "xone.test": "*",
  "a.many.test": "**.many.test",
  "a.b.c.many.test": "**.many.test",
  "A.b.many.test.:1": "**.many.test",
  "many.test": "*",
  "a.deep.many.test": "**.deep.many.test",
  "a.b.deep.many.test": "**.deep.many.test",
  "deep.many.test": "**.many.test",
  "a.both.test": "*.both.test",
  "a.b.both.test": "**.both.test",
  "a.shop.test": "*",
  "unknown.test": "*",
  "UNKNOWN.test.": "*",
  localhost: "*",
  "10.0.0.1": "*",
  "10.0.0.1:80": "*",
  "[::1]": "*",
  "[::1]:80": "*",
  "[::FFFF:1]:80": "*",
  [`${"a.".repeat(40)}many.test`]: "**.many.test",
  [long]: "*",
  [tooLong]: "*",
  "-": "*",
  "*.one.test": "*.one.test",
  "+.one.test": "*.one.test",
};

for (const [authority, host] of Object.entries(forms)) {
  const shown = authority.length > 60 ? `${authority.slice(0, 57)}...` : authority;
  test(`${shown} is answered by ${host}, by HTTP/1 and by HTTP/2`, async () => {
    const first = await sendText({ port: gate.http }, http1Text("/", [`Host: ${authority}`]));
    await using connection = await Http2Connection.open({ port: gate.http });
    const second = await connection.request(authority, "/");
    assert.deepEqual([first.status, first.body], [200, host]);
    assert.deepEqual([second.status, second.body], [200, host]);
  });
}

/** HTTP/1 requests that HTTP/2 cannot say → what answers. */
const oddRequests: Readonly<Record<string, { readonly text: string; readonly answer: string }>> = {
  "an empty Host": { text: http1Text("/", ["Host:"]), answer: "200 *" },
  "an absolute URI wins over the Host": {
    text: http1Text("http://shop.test/", ["Host: a.one.test"]),
    answer: "200 shop.test",
  },
  "an absolute URI of a wildcard host": {
    text: http1Text("http://A.one.test:8080/", ["Host: shop.test"]),
    answer: "200 *.one.test",
  },
  "two Hosts": {
    text: http1Text("/", ["Host: shop.test", "Host: a.one.test"]),
    answer: "200 *",
  },
  "no Host": { text: http1Text("/", []), answer: "400 " },
  "a # as the Host": { text: http1Text("/", ["Host: #"]), answer: "400 Bad Request" },
  "a / in the Host": { text: http1Text("/", ["Host: h/shop.test"]), answer: "400 Bad Request" },
  "HTTP/1.0 with a Host": {
    text: "GET / HTTP/1.0\r\nHost: shop.test\r\n\r\n",
    answer: "200 shop.test",
  },
  "HTTP/1.0 without a Host": { text: "GET / HTTP/1.0\r\n\r\n", answer: "400 " },
};

for (const [what, { text, answer }] of Object.entries(oddRequests)) {
  test(`${what}: ${answer}`, async () => {
    const { status, body } = await sendText({ port: gate.http }, text);
    assert.equal(`${status} ${body}`, answer);
  });
}

/** Header lines by which a client tries to be taken for another host or connection. */
const spoofs: Readonly<Record<string, readonly string[]>> = {
  "the scope header": [`${scopeHeader}: h/shop.test:plain`],
  "the scope header twice": [
    `${scopeHeader}: h/shop.test`,
    `${scopeHeader.toUpperCase()}: h/shop.test`,
  ],
  "the index as scope": [`${scopeHeader}: #`],
  "the connection header": ["x-sekisho-connection: tls/default/shop"],
  "headers that Connection asks to drop": [
    `Connection: ${scopeHeader}, x-sekisho-connection`,
    `${scopeHeader}: h/shop.test`,
  ],
  "an underscore for a hyphen": [`${scopeHeader.replaceAll("-", "_")}: h/shop.test`],
  "orders to the router": ["x-envoy-max-retries: 9", "x-envoy-upstream-rq-timeout-ms: 1"],
};

for (const [what, lines] of Object.entries(spoofs)) {
  for (const [authority, host] of [
    ["www.one.test", "www.one.test"],
    ["a.one.test", "*.one.test"],
    ["A.one.test.", "*.one.test"],
    ["unknown.test", "*"],
  ] as const) {
    test(`a client that sends ${what} to ${authority} changes nothing`, async () => {
      const peer = { port: gate.http };
      const direct = await sendText(peer, http1Text("/", [`Host: ${authority}`, ...lines]));
      assert.deepEqual([direct.status, direct.body], [200, host]);
      const echoed = await sendText(peer, http1Text("/echo", [`Host: ${authority}`, ...lines]));
      const names = Object.keys(echoOf(echoed).headers);
      assert.deepEqual(
        names.filter((name) => /^x[-_](sekisho|envoy)/.test(name)),
        [],
      );
    });
  }
}

for (const authority of ["shop.test", "a.one.test", "A.One.test.:8080", "unknown.test"]) {
  test(`the backend of ${authority} gets authority, path, query and body as they were sent`, async () => {
    const text = http1Text("/echo/A%2Fb?q=1", [`Host: ${authority}`], "tea".repeat(50_000));
    const echo = echoOf(await sendText({ port: gate.http }, text));
    assert.equal(echo.headers["host"], authority);
    assert.equal(echo.path, "/echo/A%2Fb?q=1");
    assert.equal(echo.body, "tea".repeat(50_000));
    await using connection = await Http2Connection.open({ port: gate.http });
    const second = echoOf(await connection.request(authority, "/echo", { body: "coffee" }));
    assert.deepEqual([second.headers["host"], second.body], [authority, "coffee"]);
  });

  test(`a websocket to ${authority} carries bytes both ways`, async () => {
    const socket = await connect({ port: gate.http });
    const upgrade = ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"];
    const lines = [`Host: ${authority}`, ...upgrade, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="];
    socket.write(`GET /echo HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`);
    const [head] = (await once(socket, "data")) as [Buffer];
    assert.match(head.toString(), /^HTTP\/1\.1 101 /);
    socket.write("ping");
    const [data] = (await once(socket, "data")) as [Buffer];
    socket.destroy();
    assert.equal(data.toString(), "ping");
  });
}

function echoOf({ status, body }: WireAnswer): Echo {
  assert.equal(status, 200);
  return JSON.parse(body) as Echo;
}
