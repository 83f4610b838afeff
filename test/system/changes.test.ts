import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { chainLayout } from "#envoy/listeners/chain-layout.ts";
import type { ListenerLayout } from "#envoy/listeners/layout.ts";
import type { Resource } from "#envoy/resource.ts";
import { buildWildcardIndex } from "#envoy/routes/wildcard-index.ts";
import { buildSecret } from "#envoy/secrets/secret.ts";
import type { CertificateGroup } from "#model/virtual-host.ts";
import {
  commonNameOf,
  groups,
  hostResources,
  hosts,
  materialOf,
  plainSettings,
  startEcho,
  worldResources,
} from "./harness/host-world.ts";
import type { RealEnvoy } from "./harness/real-envoy.ts";
import { freePorts, startEnvoy } from "./harness/real-envoy.ts";
import { connect, Http2Connection, http1Text, sendText } from "./harness/wire-client.ts";

const everything = new AsyncDisposableStack();

interface Gate {
  readonly envoy: RealEnvoy;
  readonly layout: ListenerLayout;
  readonly http: number;
  readonly https: number;
}

let gate: Gate | undefined;

before(async () => {
  const echo = everything.use(await startEcho());
  const ports = await freePorts("http", "https");
  const layout = chainLayout(plainSettings, ports);
  const envoy = everything.use(await startEnvoy(worldResources(layout, echo.port)));
  assert.deepEqual(envoy.refused, []);
  gate = { envoy, layout, ...ports };
});

after(() => everything.disposeAsync());

function started(): Gate {
  assert.ok(gate);
  return gate;
}

const probes = { "shop.test": "shop.test", "a.one.test": "*.one.test", "unknown.test": "*" };

/** Asks for hosts that do not change, all the time while `work` goes on; returns every wrong answer. */
async function probeDuring(
  connection: Http2Connection,
  work: () => Promise<void>,
): Promise<readonly string[]> {
  const state = { working: true };
  const wrong: string[] = [];
  const probe = async (): Promise<void> => {
    while (state.working) {
      for (const [authority, host] of Object.entries(probes)) {
        const { status, body } = await connection.request(authority, "/");
        if (body !== host) wrong.push(`${authority}: ${status} ${body}`);
      }
    }
  };
  const probing = probe();
  try {
    await work();
  } finally {
    state.working = false;
    await probing;
  }
  return wrong;
}

function indexOf(wildcards: readonly string[]): Resource {
  return buildWildcardIndex(new Map(wildcards.map((host) => [host, { connection: true }])));
}

test("wildcard hosts come and go without a wrong answer on other hosts", async () => {
  const { envoy, layout, http } = started();
  const wildcards = Object.keys(hosts).filter((host) => host.startsWith("*") && host !== "*");
  await using connection = await Http2Connection.open({ port: http });
  const wrong = await probeDuring(connection, async () => {
    for (let round = 0; round < 10; round += 1) {
      const host = `*.round${round}.test`;
      const authority = `a.round${round}.test`;
      const resources = hostResources(layout, host, undefined);
      assert.deepEqual(await envoy.change(resources), []);
      assert.deepEqual(await envoy.change([indexOf([...wildcards, host])]), []);
      assert.equal((await connection.request(authority, "/")).body, host);
      assert.deepEqual(await envoy.change([indexOf(wildcards)]), []);
      assert.deepEqual(await envoy.change([], resources), []);
      assert.equal((await connection.request(authority, "/")).body, "*");
    }
  });
  assert.deepEqual(wrong, []);
});

test("an exact host under a wildcard takes over at once, and gives back", async () => {
  const { envoy, layout, http } = started();
  await using connection = await Http2Connection.open({ port: http });
  const resources = hostResources(layout, "new.one.test", undefined);
  const wrong = await probeDuring(connection, async () => {
    await envoy.change(resources);
    assert.equal((await connection.request("new.one.test", "/")).body, "new.one.test");
    await envoy.change([], resources);
    assert.equal((await connection.request("new.one.test", "/")).body, "*.one.test");
  });
  assert.deepEqual(wrong, []);
});

function httpsListener(layout: ListenerLayout, all: readonly CertificateGroup[]): Resource {
  const chains = new Map(all.map((group) => [group.name, layout.encodeChain(group)] as const));
  const listener = layout.build(chains).find(({ name }) => name === "https");
  assert.ok(listener);
  return listener;
}

test("a certificate that is added or removed ends no connection of another one", async () => {
  const { envoy, layout, https } = started();
  const peer = { port: https, tls: { serverName: "shop.test" } };
  await using connection = await Http2Connection.open(peer);
  const added: CertificateGroup = {
    name: "default/added",
    secret: "default/shop",
    hosts: [{ kind: "exact", name: "added.test" }],
  };
  const resources = hostResources(layout, "added.test", "default/added");
  await envoy.change([...resources, httpsListener(layout, [...groups, added])]);
  const newcomer = { port: https, tls: { serverName: "added.test" } };
  const answer = await sendText(newcomer, http1Text("/", ["Host: added.test"]));
  assert.deepEqual([answer.status, answer.body], [200, "added.test"]);
  assert.equal((await connection.request("shop.test", "/")).body, "shop.test");
  await envoy.change([httpsListener(layout, groups)], resources);
  assert.equal((await connection.request("shop.test", "/")).body, "shop.test");
  const stats = await envoy.admin("/stats?filter=listener_manager.listener_(modified|in_place)");
  assert.match(stats, /listener_in_place_updated: 2\b/);
  assert.match(stats, /listener_modified: 2\b/, "nothing but the filter chains changed");
});

test("a renewed certificate is shown to new handshakes and ends no connection", async () => {
  const { envoy, https } = started();
  const peer = { port: https, tls: { serverName: "a.one.test" } };
  await using connection = await Http2Connection.open(peer);
  await envoy.change([buildSecret("default/one", materialOf("default/many"))]);
  const socket = await connect(peer);
  assert.ok("getPeerCertificate" in socket && typeof socket.getPeerCertificate === "function");
  const { subject } = socket.getPeerCertificate() as { readonly subject: { readonly CN: string } };
  socket.destroy();
  assert.equal(subject.CN, commonNameOf("default/many"));
  assert.equal((await connection.request("a.one.test", "/")).body, "*.one.test");
});
