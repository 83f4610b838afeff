/** Certificates that a cluster's own control plane orders from a real Pebble: HTTP-01 by the proxies, asked for with the real kubectl. */

import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { bringPebble } from "#test/pebble/programs.ts";
import { selfSigned } from "#test/simulators/self-signed.ts";
import { skipWithoutLab } from "./build/requirements.ts";
import { curl } from "./curl.ts";
import { type IssuingLab, startIssuingLab } from "./issuing-lab.ts";
import type { Lab } from "./lab.ts";

const skip = await skipWithoutLab();
const longest = "--timeout=120s";
const host = "cert.example.com";

/** The lab's node, as pods see it. */
const node = "10.244.0.1";
const ports = { acme: 14_000, management: 15_000, dns: 8053, names: 8055 };

const issuer = {
  apiVersion: "cert-manager.io/v1",
  kind: "ClusterIssuer",
  metadata: { name: "prod-issuer" },
  spec: {
    acme: {
      ...{ server: `https://${node}:${ports.acme}/dir`, skipTLSVerify: true },
      ...{ email: "someone@example.com", privateKeySecretRef: { name: "prod-issuer-account-key" } },
      solvers: [{ http01: { ingress: { class: "nginx" } } }],
    },
  },
};

const cafe = {
  apiVersion: "k8s.nginx.org/v1",
  kind: "VirtualServer",
  metadata: { name: "cafe" },
  spec: {
    host,
    tls: { secret: "cafe-secret", "cert-manager": { "cluster-issuer": "prod-issuer" } },
    routes: [{ path: "/tea", action: { return: { body: "tea" } } }],
  },
};

describe("a cluster that orders certificates", { skip }, () => {
  const undo = new AsyncDisposableStack();
  let lab: Lab;
  let served: IssuingLab;

  before(async () => {
    served = undo.use(await startIssuingLab());
    ({ lab } = served);
    await lab.kubectl(["create", "namespace", "cert-manager"]);
    await startPebbleInside();
  });
  after(() => undo.disposeAsync());

  /** Every name is at the load balancer. */
  async function startPebbleInside(): Promise<void> {
    const programs = await bringPebble();
    const { certificate, key } = selfSigned(["localhost"]);
    const file = (name: string, content: string): string => {
      const path = join(lab.directory, name);
      writeFileSync(path, content);
      return path;
    };
    const pebble = {
      ...{ listenAddress: `${node}:${ports.acme}`, httpPort: 80, tlsPort: 443 },
      managementListenAddress: `${node}:${ports.management}`,
      certificate: file("pebble.crt", certificate),
      privateKey: file("pebble.key", key),
      ...{ ocspResponderURL: "", keyAlgorithm: "ecdsa", retryAfter: { authz: 0, order: 0 } },
    };
    const config = file("pebble.json", JSON.stringify({ pebble }));
    const dns = `${node}:${ports.dns}`;
    run([
      ...[programs.names, "-dnsserver", dns, "-management", `${node}:${ports.names}`],
      ...["-http01", "", "-https01", "", "-tlsalpn01", "", "-doh", ""],
      ...["-defaultIPv4", served.address, "-defaultIPv6", ""],
    ]);
    run([programs.pebble, "-config", config, "-dnsserver", dns]);
  }

  function run(command: readonly string[]): void {
    const [program = "", ...args] = command;
    const env = { PEBBLE_VA_NOSLEEP: "1", PEBBLE_WFE_NONCEREJECT: "0" };
    const child = lab.enter([program, ...args], { stdio: "ignore", env });
    undo.defer(async () => {
      const closed = once(child, "close");
      child.kill();
      await closed;
    });
  }

  it("serves a host with a certificate of the server, and kubectl shows what there was", async () => {
    await lab.kubectl(["apply", "-f", "-"], JSON.stringify(issuer));
    await lab.kubectl(["wait", "--for=condition=Ready", "clusterissuer/prod-issuer", longest]);
    await lab.kubectl(["apply", "-f", "-"], JSON.stringify(cafe));
    await lab.kubectl(["wait", "--for=create", "certificate/cafe-secret", longest]);
    await lab.kubectl(["wait", "--for=condition=Ready", "certificate/cafe-secret", longest]);
    const path = "-o=jsonpath={.data.tls\\.crt}";
    const encoded = await lab.kubectl(["get", "secret", "cafe-secret", path]);
    const leaf = new X509Certificate(Buffer.from(encoded, "base64"));
    assert.equal(leaf.subjectAltName, `DNS:${host}`);
    assert.match(leaf.issuer, /Pebble/);
    const inAMoment = ["-k", "--retry", "60", "--retry-all-errors", "--retry-delay", "1"];
    assert.equal(await curl(served, `https://${host}/tea`, ...inAMoment), "tea");
    const [title, row] = (await lab.kubectl(["get", "orders"])).trim().split("\n");
    assert.match(title ?? "", /^NAME +STATE +AGE$/);
    assert.match(row ?? "", /^cafe-secret-1-\d+ +valid /);
    await lab.kubectl(["wait", "--for=delete", "challenges", "--all", longest]);
  });

  it("makes use of every right that ACME is granted, and is denied none", async () => {
    await served.checkRights("sekisho-acme");
  });
});
