import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { defaults, readSettings } from "#config/settings.ts";
import { idleSettings } from "./idle-settings.ts";

/** A file that gives every setting something. */
const everything = {
  http: 80,
  https: 443,
  address: "127.0.0.1",
  data: "state",
  envoy: "envoy",
  workloads: "none",
  isolation: "none",
  concurrency: 2,
  drainSeconds: 1,
  hotRestartSeconds: 1,
  ingressClasses: ["nginx"],
  nginxConfigMap: "nginx-ingress/nginx-config",
  nginxGlobalConfiguration: "nginx-ingress/nginx-configuration",
  trustedProxies: [],
  proxyProtocol: true,
  allowedClients: [],
  certificateLayout: "chains",
  accessLog: { format: "json" },
  metrics: 9464,
  routeStatistics: true,
  outboundAddresses: ["127.0.0.1"],
  dnsResolvers: ["127.0.0.1:53"],
  clusterResourceNamespace: "certificates",
  issuerAmbientCredentials: true,
  certificateOwnerRef: true,
  defaultIssuer: "ClusterIssuer/public",
  autoCertificateAnnotations: ["kubernetes.io/tls-acme"],
  extraCertificateAnnotations: ["example.com/team"],
  certificates: "off",
  images: {},
};

function namesOf(content: Parameters<typeof readSettings>[0]): readonly string[] {
  const { given, problems } = readSettings(content);
  assert.deepEqual(problems, []);
  return idleSettings(given).map(({ setting }) => setting);
}

test("nothing is said of a file that gives nothing, nor of defaults", () => {
  assert.deepEqual(namesOf(null), []);
});

test("a setting either does something in a cluster, as docs/kubernetes.md says, or is named", () => {
  assert.deepEqual(Object.keys(everything).sort(), Object.keys(defaults).sort());
  const page = readFileSync(join(import.meta.dirname, "../../../docs/kubernetes.md"), "utf8");
  const told = /^Of `sekisho.yaml` a replica takes ([^.]*)\./ms.exec(page)?.[1] ?? "";
  const used = [...told.matchAll(/`(\w+)`/g)].map((match) => match[1] ?? "");
  assert.notEqual(used.length, 0);
  assert.deepEqual([...namesOf(everything), ...used].sort(), Object.keys(defaults).sort());
});

test("an access log as text is none of a cluster's", () => {
  assert.deepEqual(namesOf({ accessLog: { format: "text" } }), ["accessLog.format"]);
  assert.deepEqual(namesOf({ accessLog: { format: "none" } }), []);
});
