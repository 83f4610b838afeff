/** Certificates that a cluster's own control plane issues: applied and waited for by the real kubectl, with no right too many. */

import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { repository } from "#test/system/program.ts";
import { AuditLog } from "./audit-log.ts";
import { skipWithoutLab } from "./build/requirements.ts";
import { curl } from "./curl.ts";
import { grantsOf, unusedGrants } from "./grants.ts";
import { type InstalledSekisho, installSekisho } from "./installed-sekisho.ts";
import type { Lab } from "./lab.ts";
import { startLab } from "./lab.ts";

const skip = await skipWithoutLab();
const longest = "--timeout=120s";
const account = { namespace: "sekisho-system", name: "sekisho-controller" };

const everybody = {
  apiVersion: "cert-manager.io/v1",
  kind: "ClusterIssuer",
  metadata: { name: "everybody" },
  spec: { selfSigned: {} },
};

/** Endpoints and Secrets reach the proxies a moment after kubectl has seen them. */
const inAMoment = ["-k", "--retry", "60", "--retry-all-errors", "--retry-delay", "1"] as const;

describe("a cluster whose certificates are ours", { skip }, () => {
  const undo = new AsyncDisposableStack();
  const audit = undo.use(new AuditLog(`${account.namespace}:${account.name}`));
  let lab: Lab;
  let served: InstalledSekisho;

  before(async () => {
    const apiserverFlags = [...audit.flags, "--feature-gates=WatchList=false"];
    lab = undo.use(await startLab({ apiserverFlags }));
    await lab.kubectl(["apply", "--server-side", "-f", join(repository, "deploy/crds")]);
    await lab.kubectl(["apply", "-f", join(repository, "deploy/certificates")]);
    served = await installSekisho(lab, { controller: ["--certificates", "own"] });
  });
  after(() => undo.disposeAsync());

  async function columns(...asked: readonly string[]): Promise<readonly string[][]> {
    const lines = (await lab.kubectl(["get", ...asked])).trim().split("\n");
    return lines.map((line) => line.trim().split(/ {2,}/));
  }

  async function untilReady(what: string): Promise<void> {
    await lab.kubectl(["wait", "--for=condition=Ready", what, longest]);
  }

  async function chainOf(secret: string): Promise<X509Certificate> {
    const path = "-o=jsonpath={.data.tls\\.crt}";
    const encoded = await lab.kubectl(["get", "secret", secret, path]);
    return new X509Certificate(Buffer.from(encoded, "base64"));
  }

  it("serves a host with a certificate that its manifests asked for; kubectl waits for it", async () => {
    await lab.kubectl(["apply", "-f", join(repository, "examples/own-authority")]);
    await untilReady("certificate/shop");
    await untilReady("issuer/own");
    assert.deepEqual(
      (await columns("certificates")).map((row) => row.slice(0, 3)),
      [
        ["NAME", "READY", "SECRET"],
        ["authority", "True", "authority"],
        ["shop", "True", "shop-tls"],
      ],
    );
    assert.deepEqual((await columns("certificaterequests"))[0], [
      ...["NAME", "APPROVED", "DENIED", "READY", "ISSUER", "REQUESTER", "AGE"],
    ]);
    await lab.kubectl(["rollout", "status", "deployment/shop", longest]);
    const status = ["-o", "/dev/null", "-w", "%{http_code}", ...inAMoment];
    assert.equal(await curl(served, "https://shop.example.com/status/418", ...status), "418");
  });

  it("issues anew when the Secret is gone, and when the spec says otherwise", async () => {
    const { serialNumber } = await chainOf("shop-tls");
    await lab.kubectl(["delete", "secret", "shop-tls"]);
    await lab.kubectl(["wait", "--for=create", "secret/shop-tls", longest]);
    assert.notEqual((await chainOf("shop-tls")).serialNumber, serialNumber);
    const patch = JSON.stringify({ spec: { dnsNames: ["shop.example.com", "www.example.com"] } });
    await lab.kubectl(["patch", "certificate", "shop", "--type=merge", "-p", patch]);
    const revision = "--for=jsonpath={.status.revision}=3";
    await lab.kubectl(["wait", "certificate/shop", revision, longest]);
    const { subjectAltName } = await chainOf("shop-tls");
    assert.equal(subjectAltName, "DNS:shop.example.com, DNS:www.example.com");
  });

  it("makes use of every right that deploy/certificates grants, and is denied none", async () => {
    await lab.kubectl(["apply", "-f", "-"], JSON.stringify(everybody));
    await untilReady("clusterissuer/everybody");
    const requests = audit.requests();
    const denied = requests.filter(({ status }) => status === 401 || status === 403);
    assert.deepEqual(
      denied.map(({ status, verb, path }) => `${status} ${verb} ${path}`),
      [],
    );
    const grants = await grantsOf(lab, account);
    const ours = grants.filter(({ role }) => role.endsWith(" sekisho-certificates"));
    assert.notEqual(ours.length, 0);
    assert.deepEqual(unusedGrants(ours, requests), []);
  });
});
