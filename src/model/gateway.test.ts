import assert from "node:assert/strict";
import { test } from "node:test";
import { Graph } from "#base/tracked/graph.ts";
import type { Fragment } from "./fragment.ts";
import { Gateway, refusedGroup } from "./gateway.ts";
import { hostFromText } from "./host.ts";
import { pathText, type Route } from "./route.ts";
import type { Stream } from "./stream.ts";

function start(
  unusable: readonly string[] = [],
  keyTypes: Readonly<Record<string, "rsa" | "ec">> = {},
): { gateway: Gateway; hosts: Set<string> } {
  const graph = new Graph({
    onBug: (error) => {
      throw error;
    },
  });
  const hosts = new Set<string>();
  const gateway = new Gateway(
    graph,
    {
      hosts: { added: (host) => hosts.add(host), removed: (host) => hosts.delete(host) },
      serverNames: { added: () => undefined, removed: () => undefined },
    },
    {
      isUsable: ({ secret }) => !unusable.includes(secret.name),
      keyTypeFor: ({ name }) => keyTypes[name],
    },
  );
  return { gateway, hosts };
}

interface Wanted {
  readonly rules?: Readonly<Record<string, readonly string[]>>;
  readonly tls?: Readonly<Record<string, string>>;
  readonly fallback?: boolean;
  /** Default: shared. */
  readonly ownership?: "shared" | "whole";
}

function fragment(name: string, wanted: Wanted): Fragment {
  const origin = { kind: "Ingress.networking.k8s.io", namespace: "default", name, path: "" };
  const answer = (path: string): Route => ({
    match: path === "/" ? { kind: "prefix", path } : { kind: "segments", path },
    action: { kind: "respond", status: 200, body: name },
    origin: { ...origin, path },
  });
  return {
    seniority: {
      creationTimestamp: "2024-01-01T00:00:00Z",
      kind: origin.kind,
      namespace: "default",
      name,
    },
    claimed: true,
    rules: Object.entries(wanted.rules ?? {}).map(([host, paths]) => ({
      host: hostFromText(host),
      ownership: wanted.ownership ?? "shared",
      routes: paths.map(answer),
      origin,
    })),
    certificates: Object.entries(wanted.tls ?? {}).map(([host, secret]) => ({
      host: hostFromText(host),
      secret: { namespace: "default", name: secret },
      origin: { ...origin, path: `spec.tls ${host}` },
    })),
    ...(wanted.fallback === true ? { fallback: answer("/") } : {}),
    findings: [],
  };
}

function answers(gateway: Gateway, host: string): readonly string[] {
  return gateway.virtualHost(host).routes.map(({ match, action, origin }) => {
    const status = action.kind === "respond" ? action.status : 0;
    return `${pathText(match)} ${status} ${origin.name}`;
  });
}

test("what no route of a host takes is 404", () => {
  const { gateway } = start();
  gateway.setFragment("a", fragment("a", { rules: { "a.com": ["/x"] } }));
  assert.deepEqual(answers(gateway, "a.com"), ["/x 200 a", "/ 404 a"]);
});

test("a default backend takes what no route takes, on every host", () => {
  const { gateway } = start();
  gateway.setFragment("a", fragment("a", { rules: { "a.com": ["/x"] } }));
  gateway.setFragment("b", fragment("b", { fallback: true }));
  assert.deepEqual(answers(gateway, "a.com"), ["/x 200 a", "/ 200 b"]);
  assert.deepEqual(answers(gateway, "*"), ["/ 200 b"]);
  gateway.removeFragment("b");
  assert.deepEqual(answers(gateway, "*"), ["/ 404 unclaimed"]);
});

test("a host that only a certificate names has the routes of the host that covers it", () => {
  const { gateway } = start();
  gateway.setFragment(
    "a",
    fragment("a", { rules: { "*.a.com": ["/x"] }, tls: { "b.a.com": "one" } }),
  );
  assert.deepEqual(answers(gateway, "b.a.com"), ["/x 200 a", "/ 404 a"]);
  assert.equal(gateway.virtualHost("b.a.com").certificateGroup, "default/one");
  assert.equal(gateway.virtualHost("*.a.com").certificateGroup, undefined);
});

test("a host without certificate of its own belongs to the group of the wildcard that covers its name", () => {
  const { gateway } = start();
  gateway.setFragment(
    "a",
    fragment("a", { rules: { "b.a.com": ["/"] }, tls: { "**.a.com": "wild", "*": "default" } }),
  );
  assert.equal(gateway.groupOf("b.a.com"), "default/wild");
  assert.equal(gateway.groupOf("other.org"), "default/default");
});

test("a host whose Secret cannot be used is refused and does not fall to a wider certificate", () => {
  const { gateway } = start(["broken"]);
  gateway.setFragment("a", fragment("a", { tls: { "b.a.com": "broken", "**.a.com": "wild" } }));
  assert.equal(gateway.groupOfServerName("b.a.com"), refusedGroup);
  assert.equal(gateway.groupOf("b.a.com"), undefined);
});

/** One object that names these Secrets for a.com, in this order. */
function naming(name: string, secrets: readonly string[]): Fragment {
  const certificates = secrets.flatMap((secret, index) =>
    fragment(name, { tls: { "a.com": secret } }).certificates.map((use) => ({
      ...use,
      origin: { ...use.origin, path: `spec.tls[${index}]` },
    })),
  );
  return { ...fragment(name, {}), certificates };
}

test("an RSA and an ECDSA certificate of one host are served together, and further ones are told", () => {
  const { gateway } = start([], { rsa: "rsa", ec: "ec", late: "ec" });
  gateway.setFragment("a", naming("a", ["rsa", "ec", "late"]));
  const choice = gateway.certificateOf("a.com");
  assert.equal(choice?.use.partner?.name, "ec");
  assert.deepEqual(
    choice?.findings.map(({ reason, origin }) => `${reason} ${origin.path}`),
    ["CertificateConflict spec.tls[2]"],
  );
  assert.equal(gateway.groupOf("a.com"), "default/rsa+default/ec");
});

test("the two may be named by two objects of a namespace, but not of two", () => {
  const { gateway } = start([], { rsa: "rsa", ec: "ec", foreign: "ec" });
  gateway.setFragment("a", naming("a", ["rsa"]));
  const foreign = naming("b", ["foreign"]);
  gateway.setFragment("b", {
    ...foreign,
    certificates: foreign.certificates.map((use) => ({
      ...use,
      secret: { ...use.secret, namespace: "other" },
    })),
  });
  assert.equal(gateway.groupOf("a.com"), "default/rsa");
  assert.equal(gateway.certificateOf("a.com")?.findings.length, 1);
  gateway.setFragment("c", naming("c", ["ec"]));
  assert.equal(gateway.groupOf("a.com"), "default/rsa+default/ec");
});

test("one object that names two Secrets for a host is told which one counts", () => {
  const { gateway } = start();
  gateway.setFragment("a", naming("a", ["one", "two"]));
  assert.equal(gateway.certificateOf("a.com")?.findings.length, 1);
});

test("a host lives as long as one object claims it", () => {
  const { gateway, hosts } = start();
  gateway.setFragment("a", fragment("a", { rules: { "a.com": ["/"] } }));
  gateway.setFragment("b", fragment("b", { rules: { "a.com": ["/b"] } }));
  gateway.setFragment("a", fragment("a", { rules: { "c.com": ["/"] } }));
  assert.deepEqual([...hosts].sort(), ["*", "a.com", "c.com"]);
  gateway.removeFragment("b");
  assert.deepEqual([...hosts].sort(), ["*", "c.com"]);
});

test("the host for a name is the most specific that is there", () => {
  const { gateway } = start();
  gateway.setFragment("a", fragment("a", { rules: { "*.a.com": ["/"], "b.a.com": ["/"] } }));
  assert.equal(gateway.hostFor("b.a.com"), "b.a.com");
  assert.equal(gateway.hostFor("c.a.com"), "*.a.com");
  assert.equal(gateway.hostFor("d.c.a.com"), "*");
});

test("of many Secrets that one object names for a host, the first in its order counts", () => {
  const { gateway } = start();
  const secrets = Array.from({ length: 12 }, (_, index) => `secret-${index}`);
  const { certificates, ...rest } = naming("a", secrets);
  gateway.setFragment("a", { ...rest, certificates: certificates.slice(1) });
  assert.equal(gateway.certificateOf("a.com")?.use.secret.name, "secret-1");
});

test("on a host that is one object's alone, the certificates of others do not count", () => {
  const { gateway } = start();
  const wanted = { rules: { "a.com": ["/"] }, ownership: "whole" } as const;
  gateway.setFragment("a", fragment("a", wanted));
  gateway.setFragment("b", fragment("b", { rules: { "a.com": ["/b"] }, tls: { "a.com": "b" } }));
  assert.equal(gateway.groupOf("a.com"), undefined);
  assert.equal(gateway.certificateOf("a.com"), undefined);
  gateway.removeFragment("a");
  assert.equal(gateway.groupOf("a.com"), "default/b");
});

test("when the owner of a host goes, the host is the next one's", () => {
  const { gateway } = start();
  const wanted = { rules: { "a.com": ["/"] }, ownership: "whole" } as const;
  gateway.setFragment("b", fragment("b", wanted));
  gateway.setFragment("a", fragment("a", wanted));
  assert.deepEqual(answers(gateway, "a.com"), ["/ 200 a"]);
  assert.deepEqual(
    gateway.virtualHost("a.com").findings.map(({ reason, origin }) => `${reason} ${origin.name}`),
    ["HostTaken b"],
  );
  gateway.removeFragment("a");
  assert.deepEqual(answers(gateway, "a.com"), ["/ 200 b"]);
  assert.deepEqual(gateway.virtualHost("a.com").findings, []);
});

const stream: Stream = {
  backend: {
    namespace: "default",
    service: "secure",
    port: 443,
    protocol: "tcp",
    connectTimeoutMs: 1000,
  },
  idleTimeoutMs: 1000,
  connectAttempts: 1,
};

test("a host whose handshakes are passed on is its owner's alone, and no connection of another host carries it", () => {
  const { gateway } = start();
  const passing = fragment("pass", { rules: { "b.a.com": ["/"] }, ownership: "whole" });
  gateway.setFragment("pass", {
    ...passing,
    rules: passing.rules.map((rule) => ({ ...rule, passthrough: stream })),
  });
  gateway.setFragment("wild", fragment("wild", { tls: { "**.a.com": "wild" } }));
  gateway.setFragment("younger", fragment("younger", { tls: { "b.a.com": "own" } }));
  assert.equal(gateway.passthroughOf("b.a.com")?.stream, stream);
  assert.equal(gateway.passthroughFor("b.a.com")?.stream, stream);
  assert.equal(gateway.passthroughFor("c.a.com"), undefined);
  assert.equal(gateway.groupOf("b.a.com"), undefined);
  assert.equal(gateway.serverNameFor("b.a.com"), "**.a.com");
  gateway.removeFragment("pass");
  assert.equal(gateway.passthroughOf("b.a.com"), undefined);
  assert.equal(gateway.groupOf("b.a.com"), "default/own");
});

test("a younger object that wants handshakes of a taken host passed on gets none, until the older one goes", () => {
  const { gateway } = start();
  gateway.setFragment("a", fragment("a", { rules: { "a.com": ["/"] }, ownership: "whole" }));
  const later = fragment("b", { rules: { "a.com": ["/"] }, ownership: "whole" });
  gateway.setFragment("b", {
    ...later,
    rules: later.rules.map((rule) => ({ ...rule, passthrough: stream })),
  });
  assert.equal(gateway.passthroughOf("a.com"), undefined);
  assert.equal(gateway.virtualHost("a.com").findings[0]?.reason, "HostTaken");
  gateway.removeFragment("a");
  assert.equal(gateway.passthroughOf("a.com")?.stream, stream);
});

const challenge = {
  host: "a.com",
  token: "t",
  answer: "t.k",
  origin: { kind: "Challenge.acme.cert-manager.io", namespace: "shop", name: "c", path: "spec" },
};
const challengeRoute = "/.well-known/acme-challenge/t 200 c";

test("an answer to a certificate authority stands before the routes of its host, whoever has that", () => {
  for (const ownership of ["shared", "whole"] as const) {
    const { gateway } = start();
    gateway.setFragment("a", fragment("a", { rules: { "a.com": ["/x"] }, ownership }));
    gateway.setAnswer("c", challenge);
    assert.deepEqual(answers(gateway, "a.com"), [challengeRoute, "/x 200 a", "/ 404 a"]);
    gateway.setAnswer("c", undefined);
    assert.deepEqual(answers(gateway, "a.com"), ["/x 200 a", "/ 404 a"]);
  }
});

test("an answer for a host that a wildcard serves leaves it what the wildcard serves", () => {
  const { gateway, hosts } = start();
  gateway.setFragment("a", fragment("a", { rules: { "*.com": ["/x"] } }));
  gateway.setAnswer("c", challenge);
  assert.ok(hosts.has("a.com"));
  assert.deepEqual(answers(gateway, "a.com"), [challengeRoute, "/x 200 a", "/ 404 a"]);
  gateway.setAnswer("c", undefined);
  assert.equal(hosts.has("a.com"), false);
});

test("an answer for a host that nobody serves claims nothing", () => {
  const { gateway, hosts } = start();
  gateway.setAnswer("c", challenge);
  assert.deepEqual(answers(gateway, "a.com"), [challengeRoute, "/ 404 unclaimed"]);
  assert.deepEqual(gateway.claimedHosts(), []);
  gateway.setAnswer("c", { ...challenge, host: "B.com" });
  assert.deepEqual([...hosts].sort(), ["*", "b.com"]);
  assert.deepEqual(
    gateway.answers().map(({ host }) => host),
    ["B.com"],
  );
});
