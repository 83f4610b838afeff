import assert from "node:assert/strict";
import { test } from "node:test";
import { fromBinary } from "@bufbuild/protobuf";
import type { Listener } from "#gen/envoy/config/listener/v3/listener_pb.ts";
import { ListenerSchema } from "#gen/envoy/config/listener/v3/listener_pb.ts";
import { hostFromText } from "#model/host.ts";
import type { CertificateGroup } from "#model/virtual-host.ts";
import { chainName } from "../internal-headers.ts";
import type { Resource } from "../resource.ts";
import { chainLayout } from "./chain-layout.ts";
import type { ListenerLayout } from "./layout.ts";
import { cidrRangeOf } from "./network.ts";
import { onDemandLayout } from "./on-demand-layout.ts";
import type { ListenerSettings } from "./settings.ts";

const settings: ListenerSettings = {
  address: "::",
  accessLog: [],
  trustedProxies: [],
  proxyProtocol: false,
  allowedClients: [],
};
const ports = { http: 80, https: 443 };

function group(name: string, names: readonly string[], secret?: string): CertificateGroup {
  const hosts = names.map(hostFromText);
  return secret === undefined ? { name, hosts } : { name, hosts, secret };
}

const cafe = group("default/cafe", ["cafe.test", "*.cafe.test"], "default/cafe");
const every = group("default/every", ["*"], "default/every");
const broken = group("refused", ["broken.test"]);

function httpsResource(layout: ListenerLayout, groups: readonly CertificateGroup[]): Resource {
  const chains = new Map(groups.map((entry) => [entry.name, layout.encodeChain(entry)] as const));
  const resource = layout.build(chains).find(({ name }) => name === "https");
  assert.ok(resource);
  return resource;
}

function https(groups: readonly CertificateGroup[], given: ListenerSettings = settings): Listener {
  return fromBinary(ListenerSchema, httpsResource(chainLayout(given, ports), groups).bytes);
}

/** Each chain as `name: server names`, with `+tls` where it has a certificate. */
function chainsOf({ filterChains }: Listener): readonly string[] {
  return filterChains.map(({ name, filterChainMatch, transportSocket }) => {
    const names = filterChainMatch?.serverNames.join(",") ?? "";
    return `${name}: ${names}${transportSocket === undefined ? "" : "+tls"}`;
  });
}

test("each certificate group has a chain for its server names", () => {
  assert.deepEqual(chainsOf(https([every, cafe, broken])), [
    "not-tls: ",
    "tls/default/cafe: *.cafe.test,cafe.test+tls",
    "tls/default/every: +tls",
    "refused/refused: broken.test",
  ]);
});

test("a group for every name keeps the names it lists from another group's wildcard", () => {
  const both = group("default/both", ["*", "a.cafe.test"], "default/both");
  assert.deepEqual(chainsOf(https([both, cafe])).slice(1), [
    "tls/default/both: a.cafe.test+tls",
    "tls/default/both: +tls",
    "tls/default/cafe: *.cafe.test,cafe.test+tls",
  ]);
});

test("without any certificate the listener is there and refuses", () => {
  const listener = https([]);
  assert.deepEqual(chainsOf(listener), ["not-tls: "]);
  assert.equal(listener.defaultFilterChain?.name, "refused/unknown");
});

test("groups in another order give the same bytes", () => {
  const layout = chainLayout(settings, ports);
  assert.equal(
    httpsResource(layout, [every, cafe]).version,
    httpsResource(layout, [cafe, every]).version,
  );
});

test("a group that comes or goes changes nothing but filter chains: no other connection drains", () => {
  const frame = (listener: Listener): Listener => ({ ...listener, filterChains: [] });
  assert.deepEqual(frame(https([cafe, every, broken])), frame(https([])));
});

test("the chains of one group do not depend on other groups", () => {
  const layout = chainLayout(settings, ports);
  const alone = Buffer.from(httpsResource(layout, [cafe]).bytes).toString("hex");
  assert.ok(alone.includes(Buffer.from(layout.encodeChain(cafe).bytes).toString("hex")));
});

test("trusted proxies have chains of their own, for the same server names and under the same name", () => {
  const trusted = { ...settings, trustedProxies: [cidrRangeOf("10.0.0.0/8")] };
  const chains = https([cafe], trusted).filterChains.filter(({ name }) => name !== "not-tls");
  assert.deepEqual(
    chains.map(({ name, filterChainMatch }) => [
      name,
      filterChainMatch?.sourcePrefixRanges.map(({ addressPrefix }) => addressPrefix),
    ]),
    [
      ["tls/default/cafe", []],
      ["tls/default/cafe", ["10.0.0.0"]],
    ],
  );
});

test("the PROXY protocol comes before the TLS inspector, and only when it is set", () => {
  const names = ({ listenerFilters }: Listener): readonly string[] =>
    listenerFilters.map(({ name }) => name.replace("envoy.filters.listener.", ""));
  assert.deepEqual(names(https([])), ["tls_inspector"]);
  const behind = https([], { ...settings, proxyProtocol: true });
  assert.deepEqual(names(behind), ["proxy_protocol", "tls_inspector"]);
});

test("a guard names the virtual host's group, or lets no TLS connection in", () => {
  const layout = chainLayout(settings, ports);
  const plain = {
    host: hostFromText("a.test"),
    routes: [],
    origin: { kind: "Ingress", namespace: "", name: "", path: "" },
    findings: [],
  };
  assert.deepEqual(layout.guard(plain), { kind: "chain" });
  assert.deepEqual(layout.guard({ ...plain, certificateGroup: "a" }), {
    kind: "chain",
    group: "a",
  });
});

test("on demand, certificates come and go without any change of the listener", () => {
  const layout = onDemandLayout(settings, ports);
  assert.equal(httpsResource(layout, [cafe, every]).version, httpsResource(layout, []).version);
});

test("the names of chains are header-safe and never alike for two groups", () => {
  const names = ["a/b", "a_2f_b", "a\nb", "a b", "a%b", "ä", "a"];
  const texts = names.map(chainName);
  assert.equal(new Set(texts).size, names.length);
  for (const text of texts) assert.match(text, /^tls\/[A-Za-z0-9./+*_-]+$/);
});
