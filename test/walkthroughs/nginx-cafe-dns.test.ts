/** The walkthrough nginx-cafe with DNS-01 at Cloudflare: from manifests to a certificate that a real Pebble signed. */

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { until } from "#test/bench/measure/waiting.ts";
import { startCloudflare } from "#test/fakes/cloudflare/fake-cloudflare.ts";
import { recordsFor } from "#test/fakes/dns/pebble-records.ts";
import type { TxtRecords } from "#test/fakes/dns/txt-records.ts";
import { skipWithoutGo } from "#test/lab/build/requirements.ts";
import { type Pebble, startPebble } from "#test/pebble/pebble.ts";
import { selfSigned } from "#test/simulators/self-signed.ts";
import { runCommand, table } from "#test/system/harness/commands.ts";
import { type RunningSekisho, startSekisho } from "#test/system/harness/sekisho.ts";
import { curlAt, skipped, type WalkthroughDirectory, walk } from "./walkthrough.ts";

const host = "cert.example.com";
const skip = skipped === false ? await skipWithoutGo() : skipped;

describe("nginx-cafe with DNS-01 at Cloudflare and an Ingress", { skip }, () => {
  const undo = new AsyncDisposableStack();
  let sekisho: RunningSekisho;
  let pebble: Pebble;
  let directory: WalkthroughDirectory;
  let records: TxtRecords;
  let root = "";

  before(async () => {
    directory = undo.use(walk("nginx-cafe", "cafe.yaml"));
    const server = selfSigned(["localhost"]);
    pebble = undo.use(await startPebble({ server }));
    records = recordsFor(pebble);
    root = directory.keep("root.crt", await pebble.root());
    const key = { email: "unused", key: "unused" };
    const options = { zones: ["example.com"], token: "walkthrough-token", key, records };
    const cloudflare = undo.use(await startCloudflare(options));
    const { host: address, port } = pebble.dns;
    const settings = directory.keep(
      "sekisho.yaml",
      `outboundAddresses: [127.0.0.0/8, "::1"]\ndnsResolvers: ["${address}:${port}"]\n`,
    );
    // Its reader's machine trusts Let's Encrypt by itself, and Cloudflare is where it always is.
    process.env["NODE_EXTRA_CA_CERTS"] = directory.keep("pebble.crt", server.certificate);
    process.env["CLOUDFLARE_BASE_URL"] = cloudflare.base;
    sekisho = await startSekisho(["up", directory.manifests, "--config", settings]);
    undo.defer(async () => void (await sekisho.stop()));
  });

  after(() => undo.disposeAsync());

  async function get(...args: readonly string[]): Promise<string> {
    return (await runCommand(["get", ...args, "--data", sekisho.data])).out;
  }

  test("the manifests, with token, address and e-mail filled in, end in a certificate of the server", async () => {
    directory.fill("clusterissuer-dns01-cloudflare.yaml", {
      "https://acme-v02.api.letsencrypt.org/directory": pebble.directory,
      "example@example.com": "someone@example.com",
      "<API Token>": "walkthrough-token",
    });
    directory.fill("cafe-ingress.yaml", {});
    const isServed = async (): Promise<boolean> =>
      (await curlAt(sekisho, "--cacert", root, `https://${host}/tea`)).includes("Server name: tea");
    await until(isServed, { what: "the certificate", longestMs: 60_000, everyMs: 50 });
    const text = await curlAt(sekisho, "--cacert", root, `https://${host}/coffee`);
    assert.match(text, /^Server name: coffee-\S+$/m);
  });

  test("issuer and certificate are ready, and how they came about can be seen", async () => {
    assert.equal(table(await get("clusterissuers"))[0]?.["READY"], "True");
    const [certificate] = table(await get("certificates"));
    assert.equal(certificate?.["READY"], "True");
    const { out } = await runCommand(["cert", "status", "cafe-secret", "--data", sekisho.data]);
    for (const part of [
      /^Issuer: +ClusterIssuer prod-issuer$/m,
      /^ {2}Names: +cert\.example\.com$/m,
    ])
      assert.match(out, part);
    assert.doesNotMatch(out, /^What to do/m);
  });

  test("no record is left behind", async () => {
    const isClean = async (): Promise<boolean> => records.all().length === 0;
    await until(isClean, { what: "clean records", longestMs: 20_000, everyMs: 50 });
  });

  test("a certificate that a person wants anew is issued anew", async () => {
    const before = await get("secret", "cafe-secret", "-o", "json");
    const { code } = await runCommand(["cert", "renew", "cafe-secret", "--data", sekisho.data]);
    assert.equal(code, 0);
    const chain = (text: string): string => JSON.parse(text).data["tls.crt"];
    const isNew = async (): Promise<boolean> =>
      chain(await get("secret", "cafe-secret", "-o", "json")) !== chain(before);
    await until(isNew, { what: "another certificate", longestMs: 60_000, everyMs: 50 });
  });
});
