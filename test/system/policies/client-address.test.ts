import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { scopeHeader } from "#envoy/internal-headers.ts";
import { chainLayout } from "#envoy/listeners/chain-layout.ts";
import { cidrRangeOf } from "#envoy/listeners/network.ts";
import { onDemandLayout } from "#envoy/listeners/on-demand-layout.ts";
import type { ListenerSettings } from "#envoy/listeners/settings.ts";
import type { Echo } from "../harness/host-world.ts";
import {
  plainSettings,
  secretForServerName,
  startEcho,
  worldResources,
} from "../harness/host-world.ts";
import { freePorts, startEnvoy } from "../harness/real-envoy.ts";
import type { WireAnswer } from "../harness/wire-client.ts";
import { http1Text, sendText } from "../harness/wire-client.ts";

const layouts = { chains: chainLayout, "on demand": onDemandLayout } as const;

/** 127.0.0.2 is a trusted proxy; 203.0.113.0/24 and 127.0.0.1 may come in. */
const settings: ListenerSettings = {
  ...plainSettings,
  trustedProxies: ["127.0.0.2", "10.0.0.0/8"].map(cidrRangeOf),
  allowedClients: ["203.0.113.0/24", "127.0.0.1"].map(cidrRangeOf),
};

const everything = new AsyncDisposableStack();
const ports = new Map<string, { readonly http: number; readonly https: number }>();

before(async () => {
  const echo = everything.use(await startEcho());
  const start = async (
    name: string,
    create: typeof chainLayout,
    given: ListenerSettings,
  ): Promise<void> => {
    const free = await freePorts("http", "https");
    const resources = worldResources(create(given, free), echo.port);
    const envoy = everything.use(await startEnvoy(resources, secretForServerName));
    assert.deepEqual(envoy.refused, []);
    ports.set(name, free);
  };
  for (const [name, create] of Object.entries(layouts)) await start(name, create, settings);
  const behind = { ...settings, trustedProxies: [], proxyProtocol: true };
  await start("PROXY protocol", chainLayout, behind);
});

after(() => everything.disposeAsync());

interface Case {
  readonly from: string;
  readonly forwardedFor: string;
  readonly status: 200 | 403;
}

const cases: Readonly<Record<string, Case>> = {
  "an allowed peer is let in whatever it claims": {
    from: "127.0.0.1",
    forwardedFor: "198.51.100.7",
    status: 200,
  },
  "another peer cannot claim an allowed address": {
    from: "127.0.0.3",
    forwardedFor: "203.0.113.9",
    status: 403,
  },
  "a trusted proxy's word counts": {
    from: "127.0.0.2",
    forwardedFor: "203.0.113.9",
    status: 200,
  },
  "a trusted proxy's word counts against the client too": {
    from: "127.0.0.2",
    forwardedFor: "198.51.100.7",
    status: 403,
  },
  "the last address that is no trusted proxy is the client": {
    from: "127.0.0.2",
    forwardedFor: "203.0.113.9, 10.1.1.1",
    status: 200,
  },
  "what a client wrote before that does not count": {
    from: "127.0.0.2",
    forwardedFor: "203.0.113.9, 198.51.100.7",
    status: 403,
  },
};

for (const layout of Object.keys(layouts)) {
  for (const [what, { from, forwardedFor, status }] of Object.entries(cases)) {
    test(`${layout}: ${what}`, async () => {
      for (const answer of await ask(layout, from, [`X-Forwarded-For: ${forwardedFor}`])) {
        assert.equal(answer.status, status);
      }
    });
  }

  test(`${layout}: only a trusted proxy can say by which scheme a request came`, async () => {
    const lines = ["X-Forwarded-For: 203.0.113.9", "X-Forwarded-Proto: https"];
    const [trusted] = await ask(layout, "127.0.0.2", lines);
    const [untrusted] = await ask(layout, "127.0.0.1", lines);
    assert.equal(headersOf(trusted)["x-forwarded-proto"], "https");
    assert.equal(headersOf(untrusted)["x-forwarded-proto"], "http");
  });

  test(`${layout}: the peer is appended to X-Forwarded-For`, async () => {
    const lines = ["X-Forwarded-For: 203.0.113.9"];
    for (const answer of await ask(layout, "127.0.0.2", lines)) {
      assert.equal(headersOf(answer)["x-forwarded-for"], "203.0.113.9,127.0.0.2");
    }
    for (const answer of await ask(layout, "127.0.0.1", lines)) {
      assert.match(String(headersOf(answer)["x-forwarded-for"]), /^203\.0\.113\.9,[^,]+$/);
    }
  });

  test(`${layout}: no peer, trusted or not, gives orders to our router or has our headers passed on`, async () => {
    const orders = ["max-retries: 9", "internal: true", "decorator-operation: x", "ip-tags: x"];
    const lines = [
      "X-Forwarded-For: 203.0.113.9",
      `${scopeHeader}: *`,
      ...orders.map((order) => `X-Envoy-${order}`),
    ];
    for (const from of ["127.0.0.1", "127.0.0.2"]) {
      for (const answer of await ask(layout, from, lines)) {
        const names = Object.keys(headersOf(answer));
        assert.deepEqual(
          names.filter((name) => /^x-(envoy|sekisho)/.test(name)),
          [],
        );
      }
    }
  });
}

test("behind a balancer the PROXY protocol says who the client is", async () => {
  const port = ports.get("PROXY protocol")?.http;
  assert.ok(port);
  const request = http1Text("/echo", ["Host: a.one.test"]);
  const send = (client: string): Promise<WireAnswer> =>
    sendText({ port }, `PROXY TCP4 ${client} 127.0.0.1 4711 80\r\n${request}`);
  const answer = await send("203.0.113.9");
  assert.equal(headersOf(answer)["x-forwarded-for"], "203.0.113.9");
  assert.equal((await send("198.51.100.7")).status, 403);
});

test("behind a balancer a connection without PROXY protocol gets no answer", async () => {
  const port = ports.get("PROXY protocol")?.http;
  assert.ok(port);
  await assert.rejects(sendText({ port }, http1Text("/", ["Host: a.one.test"])));
});

/** In clear text and by TLS. */
async function ask(
  layout: string,
  from: string,
  lines: readonly string[],
): Promise<readonly [WireAnswer, WireAnswer]> {
  const open = ports.get(layout);
  assert.ok(open);
  const text = http1Text("/echo", ["Host: a.one.test", ...lines]);
  return [
    await sendText({ port: open.http, from }, text),
    await sendText({ port: open.https, from, tls: { serverName: "a.one.test" } }, text),
  ];
}

function headersOf({ status, body }: WireAnswer): Echo["headers"] {
  assert.equal(status, 200);
  return (JSON.parse(body) as Echo).headers;
}
