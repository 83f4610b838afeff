import assert from "node:assert/strict";
import { test } from "node:test";
import type { Seniority } from "./fragment.ts";
import { type Contribution, mergeRoutes } from "./merge.ts";
import { type PathMatch, pathText, type Route } from "./route.ts";

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
    ownership: "shared",
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
    merged.routes.map(({ match }) => `${match.kind} ${pathText(match)}`),
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

const whole = (contribution: Contribution): Contribution => ({
  ...contribution,
  ownership: "whole",
});

function challenge(name: string, namespace: string): Contribution {
  const contribution = from(name, "2024-03-01T00:00:00Z", exact("/.well-known/acme-challenge/x"));
  return {
    ...contribution,
    seniority: { ...contribution.seniority, namespace },
    routes: contribution.routes.map((one) => ({ ...one, challenge: true })),
  };
}

const names = ({ routes }: { readonly routes: readonly Route[] }): readonly string[] =>
  routes.map(({ match, origin }) => `${origin.name} ${pathText(match)}`);

test("who wants a host whole and is the oldest has it alone, in the order given", () => {
  const old = whole(from("old", "2024-01-01T00:00:00Z", segments("/a"), exact("/b")));
  const young = from("young", "2024-02-01T00:00:00Z", segments("/c"));
  const merged = mergeRoutes([young, old]);
  assert.deepEqual(names(merged), ["old /a", "old /b"]);
  assert.equal(merged.owner?.name, "old");
  assert.deepEqual(
    merged.findings.map(({ reason, origin, message }) => [reason, origin.name, message]),
    [
      [
        "HostTaken",
        "young",
        "Host belongs to another resource alone: Ingress/default/old, which is older",
      ],
    ],
  );
});

test("who wants a host whole loses it to an older one that shares it, whom others may join", () => {
  const merged = mergeRoutes([
    from("old", "2024-01-01T00:00:00Z", segments("/a")),
    whole(from("greedy", "2024-02-01T00:00:00Z", segments("/b"))),
    from("young", "2024-03-01T00:00:00Z", segments("/c")),
  ]);
  assert.deepEqual(names(merged), ["old /a", "young /c"]);
  assert.equal(merged.owner, undefined);
  assert.deepEqual(
    merged.findings.map(({ message }) => message),
    ["Host is taken by another resource: Ingress/default/old, which is older"],
  );
});

test("an answer to a certificate authority gets in on a host of another object, before its routes", () => {
  const owner = whole(from("owner", "2024-01-01T00:00:00Z", root));
  const merged = mergeRoutes([challenge("solver", "default"), owner]);
  assert.deepEqual(names(merged), ["solver /.well-known/acme-challenge/x", "owner /"]);
  assert.deepEqual(merged.findings, []);
});

test("an answer to a certificate authority from another namespace than the owner's stays out", () => {
  const owner = whole(from("owner", "2024-01-01T00:00:00Z", root));
  const merged = mergeRoutes([challenge("thief", "elsewhere"), owner]);
  assert.deepEqual(names(merged), ["owner /"]);
  assert.deepEqual(
    merged.findings.map(({ reason, origin }) => `${reason} ${origin.name}`),
    ["HostTaken thief"],
  );
});
