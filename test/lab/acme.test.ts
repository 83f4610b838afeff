/** Certificates that a cluster's own control plane orders from a real Pebble: HTTP-01 by the proxies, asked for with the real kubectl. */

import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { skipWithoutLab } from "./build/requirements.ts";
import { curl } from "./curl.ts";
import { type IssuingLab, startIssuingLab } from "./issuing-lab.ts";
import type { Lab } from "./lab.ts";
import { startPebbleInside } from "./pebble-inside.ts";

const skip = await skipWithoutLab();
const longest = "--timeout=120s";
const host = "cert.example.com";

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
  let issuer: object;

  before(async () => {
    served = undo.use(await startIssuingLab());
    ({ lab } = served);
    await lab.kubectl(["create", "namespace", "cert-manager"]);
    const pebble = undo.use(await startPebbleInside(lab, served.address));
    const solvers = [{ http01: { ingress: { class: "nginx" } } }];
    const account = { privateKeySecretRef: { name: "prod-issuer-account-key" } };
    issuer = {
      ...{ apiVersion: "cert-manager.io/v1", kind: "ClusterIssuer" },
      metadata: { name: "prod-issuer" },
      spec: { acme: { ...pebble.issuer, ...account, solvers } },
    };
  });
  after(() => undo.disposeAsync());

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
