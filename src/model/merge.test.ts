import assert from "node:assert/strict";
import { test } from "node:test";
import type { Seniority } from "./fragment.ts";
import { type Contribution, mergeRoutes } from "./merge.ts";
import type { PathMatch, Route } from "./route.ts";

function route(match: PathMatch, name: string): Route {
  return {
    match,
    action: { kind: "respond", status: 200, body: name },
    origin: { kind: "Ingress.networking.k8s.io", namespace: "default", name, path: "spec" },
  };
}

function from(
  name: string,
  creationTimestamp: string,
  ...matches: readonly PathMatch[]
): Contribution {
  const seniority: Seniority = {
    creationTimestamp,
    kind: "Ingress.networking.k8s.io",
    namespace: "default",
    name,
  };
  const routes = matches.map((match) => route(match, name));
  return {
    seniority,
    routes,
    origin: { kind: seniority.kind, namespace: "default", name, path: "spec.rules[0]" },
  };
}

const root: PathMatch = { kind: "prefix", path: "/" };
const segments = (path: string): PathMatch => ({ kind: "segments", path });
const exact = (path: string): PathMatch => ({ kind: "exact", path });

test("exact paths are tried first, then the longest prefix", () => {
  const merged = mergeRoutes([
    from("a", "2024-01-01T00:00:00Z", root, segments("/a"), exact("/a"), segments("/a/b")),
  ]);
  assert.deepEqual(
    merged.routes.map(({ match }) => `${match.kind} ${match.path}`),
    ["exact /a", "segments /a/b", "segments /a", "prefix /"],
  );
});

test("the older object keeps a path that two want, and the younger one hears of it", () => {
  const young = from("young", "2024-02-01T00:00:00Z", segments("/a"));
  const old = from("old", "2024-01-01T00:00:00Z", segments("/a"));
  const merged = mergeRoutes([young, old]);
  assert.deepEqual(
    merged.routes.map(({ origin }) => origin.name),
    ["old"],
  );
  assert.deepEqual(
    merged.findings.map(({ reason, origin }) => [reason, origin.name]),
    [["RouteConflict", "young"]],
  );
  assert.equal(merged.origin.name, "old");
});

test("objects of one age are told apart by name", () => {
  const stamp = "2024-01-01T00:00:00Z";
  const merged = mergeRoutes([from("b", stamp, root), from("a", stamp, root)]);
  assert.deepEqual(
    merged.routes.map(({ origin }) => origin.name),
    ["a"],
  );
});

test("the order of the contributions changes nothing", () => {
  const contributions = [
    from("a", "2024-01-02T00:00:00Z", root, segments("/x")),
    from("b", "2024-01-01T00:00:00Z", segments("/x"), exact("/x")),
    from("c", "2024-01-03T00:00:00Z", segments("/x/y")),
  ];
  assert.deepEqual(mergeRoutes(contributions), mergeRoutes(contributions.toReversed()));
});
