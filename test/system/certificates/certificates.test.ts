import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, test } from "node:test";
import tls from "node:tls";
import { scopeHeader } from "#envoy/internal-headers.ts";
import { chainLayout } from "#envoy/listeners/chain-layout.ts";
import { onDemandLayout } from "#envoy/listeners/on-demand-layout.ts";
import {
  commonNameOf,
  hosts,
  plainSettings,
  secretForServerName,
  startEcho,
  worldResources,
} from "../harness/host-world.ts";
import { freePorts, startEnvoy } from "../harness/real-envoy.ts";
import { connect, Http2Connection, http1Text, sendText } from "../harness/wire-client.ts";

const layouts = { chains: chainLayout, "on demand": onDemandLayout } as const;
type LayoutName = keyof typeof layouts;
const layoutNames: readonly LayoutName[] = ["chains", "on demand"];

const everything = new AsyncDisposableStack();
const httpsPorts = new Map<LayoutName, number>();

before(async () => {
  const echo = everything.use(await startEcho());
  for (const name of layoutNames) {
    const ports = await freePorts("http", "https");
    const resources = worldResources(layouts[name](plainSettings, ports), echo.port);
    const envoy = everything.use(await startEnvoy(resources, secretForServerName));
    assert.deepEqual(envoy.refused, []);
    httpsPorts.set(name, ports.https);
  }
});

after(() => everything.disposeAsync());

function portOf(layout: LayoutName): number {
  const port = httpsPorts.get(layout);
  assert.ok(port);
  return port;
}

/** A server name → the group whose certificate is shown. Names too deep for a one-label wildcard differ by layout. */
const shown: Readonly<Record<string, string | Readonly<Record<LayoutName, string>>>> = {
  "shop.test": "default/shop",
  "cart.shop.test": "default/shop",
  "www.one.test": "default/www",
  "a.one.test": "default/one",
  "A.ONE.test": "default/one",
  "a.b.one.test": { chains: "default/one", "on demand": "default/every" },
  "one.test": "default/every",
  "a.b.many.test": "default/many",
  "unknown.test": "default/every",
  "": "default/every",
};

for (const layout of layoutNames) {
  for (const [serverName, expected] of Object.entries(shown)) {
    const group = typeof expected === "string" ? expected : expected[layout];
    test(`${layout}: a handshake for "${serverName}" is shown the certificate of ${group}`, async () => {
      const secure = await handshake(layout, serverName === "" ? undefined : serverName);
      assert.equal(secure.getPeerCertificate().subject.CN, commonNameOf(group));
      secure.destroy();
    });
  }

  for (const serverName of ["broken.test", "a.broken.test"]) {
    test(`${layout}: a handshake for ${serverName}, whose group has no secret, gets an alert at once`, async () => {
      await assert.rejects(handshake(layout, serverName), {
        code:
          layout === "chains"
            ? "ERR_SSL_TLSV1_UNRECOGNIZED_NAME"
            : "ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE",
      });
    });
  }

  test(`${layout}: a client's protocol list decides between HTTP/2 and HTTP/1.1`, async () => {
    for (const [protocols, chosen] of [
      [["h2", "http/1.1"], "h2"],
      [["http/1.1", "h2"], "h2"],
      [["http/1.1"], "http/1.1"],
    ] as const) {
      const secure = await handshake(layout, "shop.test", { ALPNProtocols: [...protocols] });
      assert.equal(secure.alpnProtocol, chosen);
      secure.destroy();
    }
  });

  test(`${layout}: TLS 1.2 and 1.3 are spoken, 1.1 is not`, async () => {
    for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
      const range = { minVersion: version, maxVersion: version };
      const secure = await handshake(layout, "shop.test", range);
      assert.equal(secure.getProtocol(), version);
      secure.destroy();
    }
    const old = { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "ALL@SECLEVEL=0" } as const;
    await assert.rejects(handshake(layout, "shop.test", old), {
      code: "ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION",
    });
  });

  test(`${layout}: clear text on the TLS port is told so`, async () => {
    const answer = await sendText({ port: portOf(layout) }, http1Text("/", ["Host: shop.test"]));
    assert.deepEqual([answer.status, answer.body], [400, "This port speaks HTTPS.\n"]);
  });
}

for (const serverName of ["*", "**", "default/shop", "xdstp://a/b", "a b", `${"a".repeat(254)}`]) {
  test(`on demand: the server name ${serverName.slice(0, 20)} is refused and stops no other secret`, async () => {
    await assert.rejects(handshake("on demand", serverName), {
      code: "ERR_SSL_TLSV1_UNRECOGNIZED_NAME",
    });
    const fresh = `after-${Buffer.from(serverName.slice(0, 20)).toString("hex")}.one.test`;
    const secure = await handshake("on demand", fresh);
    assert.equal(secure.getPeerCertificate().subject.CN, commonNameOf("default/one"));
    secure.destroy();
  });
}

/** Names that a host can be asked for by, one for each host of the world. */
const authorities: Readonly<Record<string, string>> = {
  "*": "unknown.test",
  "shop.test": "shop.test",
  "cart.shop.test": "cart.shop.test",
  "plain.test": "plain.test",
  "*.one.test": "a.one.test",
  "www.one.test": "www.one.test",
  "**.many.test": "a.b.many.test",
  "**.deep.many.test": "a.b.deep.many.test",
  "*.both.test": "a.both.test",
  "**.both.test": "a.b.both.test",
};

test("every host of the world is asked for below", () => {
  assert.deepEqual(Object.keys(authorities).sort(), Object.keys(hosts).sort());
});

test("on demand: a connection for a name too deep for a one-label wildcard does not carry its hosts", async () => {
  await expectCarried("on demand", "a.b.one.test", (host) => hosts[host] === "default/every");
});

for (const layout of layoutNames) {
  for (const [connected, serverName] of Object.entries(authorities)) {
    test(`${layout}: of all hosts, a connection for ${serverName} carries those of its certificate, else 421`, async () => {
      // A host of no group lends its name to no connection: on demand it carries nothing, not even for others.
      const group = hosts[connected] ?? (layout === "chains" ? "default/every" : "nobody");
      await expectCarried(layout, serverName, (host) => hosts[host] === group);
    });
  }

  test(`${layout}: a connection for a name that nobody names carries the hosts of the certificate for every name`, async () => {
    await expectCarried(layout, "elsewhere.invalid", (host) => hosts[host] === "default/every");
  });

  test(`${layout}: a connection that asked for no name carries the hosts of the certificate for every name`, async () => {
    await expectCarried(layout, undefined, (host) => hosts[host] === "default/every");
  });
}

async function expectCarried(
  layout: LayoutName,
  serverName: string | undefined,
  isCarried: (host: string) => boolean,
): Promise<void> {
  const peer = { port: portOf(layout), tls: { serverName } };
  await using connection = await Http2Connection.open(peer);
  const lies = { "x-sekisho-connection": "tls/default/shop", [scopeHeader]: "*:plain" };
  for (const [host, authority] of Object.entries(authorities)) {
    const expected = isCarried(host) ? [200, host] : [421, ""];
    for (const spelling of [authority, `${authority.toUpperCase()}.:443`]) {
      const coalesced = await connection.request(spelling, "/", { headers: lies });
      assert.deepEqual([coalesced.status, coalesced.body], expected, `${spelling} by HTTP/2`);
      const lines = [`Host: ${spelling}`, `Connection: x-sekisho-connection, ${scopeHeader}`];
      const single = await sendText(peer, http1Text("/", lines));
      assert.deepEqual([single.status, single.body], expected, `${spelling} by HTTP/1`);
    }
  }
}

async function handshake(
  layout: LayoutName,
  serverName: string | undefined,
  options: tls.ConnectionOptions = {},
): Promise<tls.TLSSocket> {
  const socket = await connect({ port: portOf(layout) });
  const secure = tls.connect({
    socket,
    rejectUnauthorized: false,
    ...(serverName === undefined ? {} : { servername: serverName }),
    ...options,
  });
  await once(secure, "secureConnect");
  return secure;
}
