/** The walkthrough nginx-cafe with HTTP-01: from manifests to a certificate that a real Pebble signed. */

import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { until } from "#test/bench/measure/waiting.ts";
import { skipWithoutGo } from "#test/lab/build/requirements.ts";
import { type Pebble, startPebble } from "#test/pebble/pebble.ts";
import { selfSigned } from "#test/simulators/self-signed.ts";
import { runCommand, table } from "#test/system/harness/commands.ts";
import { type RunningSekisho, startSekisho } from "#test/system/harness/sekisho.ts";
import { curlAt, skipped, type WalkthroughDirectory, walk } from "./walkthrough.ts";

const host = "cert.example.com";
const skip = skipped === false ? await skipWithoutGo() : skipped;

describe("nginx-cafe with HTTP-01 and a VirtualServer", { skip }, () => {
  const undo = new AsyncDisposableStack();
  let sekisho: RunningSekisho;
  let pebble: Pebble;
  let directory: WalkthroughDirectory;
  let root = "";

  before(async () => {
    directory = undo.use(walk("nginx-cafe", "cafe.yaml"));
    const server = selfSigned(["localhost"]);
    const settings = directory.keep("sekisho.yaml", "outboundAddresses: [127.0.0.0/8, '::1']\n");
    // Its reader's machine trusts Let's Encrypt by itself.
    process.env["NODE_EXTRA_CA_CERTS"] = directory.keep("pebble.crt", server.certificate);
    sekisho = await startSekisho(["up", directory.manifests, "--config", settings]);
    undo.defer(async () => void (await sekisho.stop()));
    pebble = undo.use(await startPebble({ httpPort: sekisho.httpPort, server }));
    root = directory.keep("root.crt", await pebble.root());
  });

  after(() => undo.disposeAsync());

  async function get(...args: readonly string[]): Promise<string> {
    return (await runCommand(["get", ...args, "--data", sekisho.data])).out;
  }

  async function untilServed(): Promise<void> {
    const isServed = async (): Promise<boolean> =>
      (await curlAt(sekisho, "--cacert", root, `https://${host}/tea`)).includes("Server name: tea");
    await until(isServed, { what: "the certificate", longestMs: 60_000, everyMs: 50 });
  }

  async function annotationsOf(secret: string): Promise<Readonly<Record<string, string>>> {
    return JSON.parse(await get("secret", secret, "-o", "json")).metadata.annotations;
  }

  test("the manifests, with address and e-mail of the server filled in, end in a certificate of the server", async () => {
    directory.fill("clusterissuer-http01.yaml", {
      "https://acme-v02.api.letsencrypt.org/directory": pebble.directory,
      "example@example.com": "someone@example.com",
    });
    directory.fill("cafe-virtual-server.yaml", {});
    await untilServed();
    const text = await curlAt(sekisho, "--cacert", root, `https://${host}/coffee`);
    assert.match(text, /^Server name: coffee-\S+$/m);
    assert.match(text, /^URI: \/coffee$/m);
  });

  test("the issuer and the certificate are shown as ready", async () => {
    const [issuer] = table(await get("clusterissuers"));
    assert.equal(issuer?.["NAME"], "prod-issuer");
    assert.equal(issuer?.["READY"], "True");
    const [certificate] = table(await get("certificates"));
    const { AGE, ...row } = certificate ?? {};
    assert.deepEqual(row, { NAME: "cafe-secret", READY: "True", SECRET: "cafe-secret" });
    assert.ok(AGE);
  });

  test("the Secret is annotated as the article shows it", async () => {
    const found = await annotationsOf("cafe-secret");
    const shown = Object.entries(found).filter(([name]) => name.startsWith("cert-manager.io/"));
    assert.deepEqual(Object.fromEntries(shown), {
      "cert-manager.io/alt-names": host,
      "cert-manager.io/certificate-name": "cafe-secret",
      "cert-manager.io/common-name": "",
      "cert-manager.io/ip-sans": "",
      "cert-manager.io/issuer-group": "",
      "cert-manager.io/issuer-kind": "ClusterIssuer",
      "cert-manager.io/issuer-name": "prod-issuer",
      "cert-manager.io/uri-sans": "",
    });
  });

  test("plain HTTP goes on, and no challenge is left open", async () => {
    assert.match(await curlAt(sekisho, "-i", `http://${host}/tea`), /^HTTP\/1.1 200 OK\r\n/);
    assert.equal(table(await get("challenges")).length, 0);
    const [order] = table(await get("orders"));
    assert.equal(order?.["STATE"], "valid");
  });

  test("a Secret that is removed comes back with another certificate, and every request is answered", async () => {
    const before = await served();
    const removed = await runCommand(["delete", "secret", "cafe-secret", "--data", sekisho.data]);
    assert.equal(removed.code, 0, removed.err);
    const isNew = async (): Promise<boolean> => (await served()) !== before;
    await until(isNew, { what: "another certificate", longestMs: 60_000, everyMs: 50 });
  });

  /** The serial number of the certificate in the Secret. */
  async function served(): Promise<string> {
    const { data } = JSON.parse(await get("secret", "cafe-secret", "-o", "json"));
    return new X509Certificate(Buffer.from(data["tls.crt"], "base64")).serialNumber;
  }
});
