/** Certificates that a cluster's own control plane orders from a real Pebble: HTTP-01 by the proxies, asked for with the real kubectl. */

import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text as readText } from "node:stream/consumers";
import { after, before, describe, it } from "node:test";
import { runCommand } from "#test/system/harness/commands.ts";
import { repository } from "#test/system/harness/program.ts";
import { commandsIn } from "#test/system/harness/readme.ts";
import { skipWithoutLab } from "./build/requirements.ts";
import { curl } from "./curl.ts";
import { type IssuingLab, startIssuingLab } from "./issuing-lab.ts";
import type { Lab } from "./lab.ts";
import { type PebbleInside, startPebbleInside } from "./pebble-inside.ts";

const skip = await skipWithoutLab();
const longest = "--timeout=120s";
const page = join(repository, "docs/first-certificate.md");
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
  let pebble: PebbleInside;

  before(async () => {
    served = undo.use(await startIssuingLab());
    ({ lab } = served);
    await lab.kubectl(["create", "namespace", "cert-manager"]);
    pebble = undo.use(await startPebbleInside(lab, served.address));
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

  it("gets a first certificate as docs/first-certificate.md says, and says what would stand in its way", async () => {
    const [, inCluster = ""] = readFileSync(page, "utf8").split("\n## In a cluster");
    const directory = join(lab.directory, "manifests");
    const wordsOf = (beginning: string): readonly string[] => {
      const found = commandsIn(inCluster).filter(({ shell }) => shell.startsWith(beginning));
      assert.equal(found.length, 1, `${beginning} is once on the page`);
      const words = found[0]?.shell.trim().split(" ").slice(1) ?? [];
      return words.map((word) => (word === "manifests" ? directory : word));
    };
    const { code, err } = await runCommand(wordsOf("sekisho init"));
    assert.equal(code, 0, err);
    const file = join(directory, "issuer.yaml");
    const own = `server: ${pebble.directory}\n    skipTLSVerify: true`;
    const text = readFileSync(file, "utf8");
    writeFileSync(file, text.replaceAll(/server: https:.*letsencrypt\.org\/directory/g, own));
    await lab.kubectl(wordsOf("kubectl apply"));
    const certificate = "certificate/www-example-com-tls";
    await lab.kubectl(["wait", "--for=create", certificate, longest]);
    await lab.kubectl(["wait", "--for=condition=Ready", certificate, longest]);
    const config = join(lab.directory, "preflight.yaml");
    writeFileSync(config, `outboundAddresses: [10.0.0.0/8]\ndnsResolvers: ["${pebble.dns}"]\n`);
    const preflight = wordsOf("sekisho cert preflight");
    const trial = ["--config", config, "--staging-server", pebble.directory];
    const child = lab.enter(["./sekisho", ...preflight, ...trial], {
      ...{ cwd: repository, stdio: ["ignore", "pipe", "inherit"] },
    });
    assert.ok(child.stdout);
    const said = await readText(child.stdout);
    assert.match(said, /^ok +port 80 +something answers at 10\./m);
    assert.match(said, /^ok +CAA +no records/m);
    assert.match(said, /^ok +limits +an order of ClusterIssuer letsencrypt-staging is allowed/m);
    assert.match(said, /^ok +staging +a certificate for www\.example\.com was issued by https:/m);
    assert.equal(
      (await lab.kubectl(["get", "certificates", "-o", "name"])).includes("preflight"),
      false,
    );
    const variables = { KUBECONFIG: lab.kubeconfig };
    const { out } = await runCommand(wordsOf("sekisho cert status"), { variables });
    assert.match(out, /^Issuer: +ClusterIssuer letsencrypt-staging$/m);
  });

  it("makes use of every right that ACME is granted, and is denied none", async () => {
    await served.checkRights("sekisho-acme");
  });
});
