import assert from "node:assert/strict";
import { test } from "node:test";
import { Graph } from "#base/tracked/graph.ts";
import type { Backend } from "./backend.ts";
import type { Fragment } from "./fragment.ts";
import { formatHost, hostFromText } from "./host.ts";
import type { OwnPort } from "./own-port.ts";
import { PortClaims } from "./port-claims.ts";

const port: OwnPort = { name: "database", protocol: "tcp", port: 5432 };

function wants(name: string, year: number, serverName?: string): Fragment {
  const origin = { kind: "TransportServer", namespace: "default", name, path: "spec.listener" };
  const backend: Backend = {
    namespace: "default",
    service: name,
    port: 5432,
    protocol: "tcp",
    connectTimeoutMs: 1000,
  };
  const stream = { backend, idleTimeoutMs: 1000, connectAttempts: 1 };
  const named = serverName === undefined ? {} : { serverName: hostFromText(serverName) };
  return {
    seniority: { ...origin, creationTimestamp: `${year}-01-01T00:00:00Z` },
    claimed: true,
    rules: [],
    certificates: [],
    streams: [{ port, stream, origin, ...named }],
    findings: [],
  };
}

function start(): { readonly claims: PortClaims; readonly open: ReadonlySet<string> } {
  const graph = new Graph({
    onBug: (error) => {
      throw error;
    },
  });
  const open = new Set<string>();
  const claims = new PortClaims(graph, {
    added: (key) => open.add(key),
    removed: (key) => open.delete(key),
  });
  return { claims, open };
}

function takers(claims: PortClaims): readonly string[] {
  const rules = claims.served("tcp/5432")?.rules ?? [];
  return rules.map(
    ({ serverName, origin }) => `${origin.name} ${serverName ? formatHost(serverName) : "*"}`,
  );
}

test("of two who want the same of a port the older one has it, and the younger is told", () => {
  const { claims } = start();
  claims.replace("young", undefined, wants("young", 2025));
  claims.replace("old", undefined, wants("old", 2024));
  assert.deepEqual(takers(claims), ["old *"]);
  const [finding, ...more] = claims.served("tcp/5432")?.findings ?? [];
  assert.deepEqual(more, []);
  assert.equal(finding?.origin.name, "young");
  assert.match(
    finding.message,
    /^Listener database with host empty host is taken by another resource: TransportServer\/default\/old/,
  );
  claims.replace("old", wants("old", 2024), undefined);
  assert.deepEqual(takers(claims), ["young *"]);
  assert.deepEqual(claims.served("tcp/5432")?.findings, []);
});

test("who asks for different server names of a port shares it", () => {
  const { claims } = start();
  claims.replace("a", undefined, wants("a", 2024, "a.test"));
  claims.replace("b", undefined, wants("b", 2025, "**.test"));
  claims.replace("rest", undefined, wants("rest", 2026));
  assert.deepEqual(takers(claims), ["a a.test", "b **.test", "rest *"]);
});

test("a port is wanted as long as one object wants it", () => {
  const { claims, open } = start();
  const first = wants("a", 2024);
  claims.replace("a", undefined, first);
  claims.replace("b", undefined, wants("b", 2025));
  claims.replace("a", first, undefined);
  assert.deepEqual([...open], ["tcp/5432"]);
  assert.deepEqual(claims.ports(), ["tcp/5432"]);
  claims.replace("b", wants("b", 2025), undefined);
  assert.deepEqual([...open], []);
  assert.equal(claims.served("tcp/5432"), undefined);
});
