/**
 * docs/first-certificate.md on one machine: its commands are read from there and run, with Pebble in the place of Let's Encrypt,
 * a server of the test in the place of the reader's, and free ports in the place of 80 and 443.
 */

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { until } from "#test/bench/measure/waiting.ts";
import { skipWithoutGo } from "#test/lab/build/requirements.ts";
import { selfSigned } from "#test/simulators/self-signed.ts";
import { type Ended, runCommand, table } from "#test/system/harness/commands.ts";
import { freshPlace, repository } from "#test/system/harness/program.ts";
import { commandsIn } from "#test/system/harness/readme.ts";
import { type RunningSekisho, startSekisho } from "#test/system/harness/sekisho.ts";
import { curlAt } from "#test/walkthroughs/walkthrough.ts";
import { type Pebble, startPebble } from "./pebble.ts";

const skip = await skipWithoutGo();
const host = "www.example.com";
const page = readFileSync(join(repository, "docs/first-certificate.md"), "utf8");
const [machine = ""] = page.split("\n## In a cluster");

/** The only command of the page that begins so, with what the reader has of one's own. */
function commandOf(beginning: string): readonly string[] {
  const found = commandsIn(machine).filter(({ shell }) => shell.startsWith(beginning));
  assert.equal(found.length, 1, `${beginning} is once on the page`);
  return found[0]?.shell.trim().split(" ").slice(1) ?? [];
}

describe("a first certificate", { skip }, () => {
  const undo = new AsyncDisposableStack();
  const directory = mkdtempSync(join(tmpdir(), "sekisho-first-"));
  undo.defer(() => rmSync(directory, { recursive: true, force: true }));
  const settings = join(directory, "sekisho.yaml");
  let sekisho: RunningSekisho;
  let pebble: Pebble;

  before(async () => {
    const server = createServer((_, response) => response.end("my own server\n"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    undo.defer(() => void server.close());
    const { port } = server.address() as AddressInfo;
    process.chdir(directory);
    const init = commandOf("sekisho init").map((word) =>
      word === "127.0.0.1:3000" ? `127.0.0.1:${port}` : word,
    );
    const { code, err } = await runCommand(init);
    assert.equal(code, 0, err);
    const place = await freshPlace();
    const identity = selfSigned(["localhost"]);
    pebble = undo.use(await startPebble({ httpPort: place.httpPort, server: identity }));
    const file = join(directory, "manifests/issuer.yaml");
    const text = readFileSync(file, "utf8");
    // The reader's machine trusts Let's Encrypt by itself.
    const caBundle = Buffer.from(identity.certificate).toString("base64");
    const own = `server: ${pebble.directory}\n    caBundle: ${caBundle}`;
    writeFileSync(file, text.replaceAll(/server: https:.*letsencrypt\.org\/directory/g, own));
    const dns = `${pebble.dns.host}:${pebble.dns.port}`;
    writeFileSync(settings, `outboundAddresses: [127.0.0.0/8, '::1']\ndnsResolvers: ['${dns}']\n`);
    const [up = "", manifests = ""] = commandOf("sekisho up");
    sekisho = await startSekisho([up, join(directory, manifests), "--config", settings], place);
    undo.defer(async () => void (await sekisho.stop()));
  });

  after(async () => {
    process.chdir(repository);
    await undo.disposeAsync();
  });

  function run(words: readonly string[]): Promise<Ended> {
    return runCommand([...words, "--data", sekisho.data]);
  }

  async function issuerOf(secret: string): Promise<string | undefined> {
    const { code, out } = await run(["get", "secret", secret, "-o", "json"]);
    return code === 0
      ? JSON.parse(out).metadata.annotations["cert-manager.io/issuer-name"]
      : undefined;
  }

  test("the certificate is issued and served as the page says, and cert status says so", async () => {
    const secret = "www-example-com-tls";
    const isIssued = async (): Promise<boolean> =>
      (await issuerOf(secret)) === "letsencrypt-staging";
    await until(isIssued, { what: "the certificate", longestMs: 60_000, everyMs: 100 });
    const shown = await run(commandOf("sekisho cert status"));
    assert.equal(shown.code, 0, shown.err);
    assert.match(shown.out, /^\d\d:\d\d:\d\d {2}order +www-example-com-tls-1-\d+: valid$/m);
    const curl = commandOf("curl");
    const isServed = async (): Promise<boolean> => {
      const answer = await curlAt(sekisho, ...curl).catch(() => "");
      return answer === "my own server\n";
    };
    await until(isServed, { what: "the page over HTTPS", longestMs: 60_000, everyMs: 100 });
    const asking = `asking ClusterIssuer letsencrypt-staging for a certificate for ${host} …`;
    for (const message of [
      asking,
      `the certificate for ${host} has come: it is served from now on`,
    ])
      await sekisho.next((event) => event.event === "notice" && event["message"] === message);
  });

  test("preflight has a certificate issued by the staging server, leaves none, and says what is wrong", async () => {
    const asked = [...commandOf("sekisho cert preflight"), "--config", settings];
    const { out, err } = await run([...asked, "--staging-server", pebble.directory]);
    assert.match(out, /^warning {2}addresses {2}www\.example\.com leads to 127\.0\.0\.1; nobody /m);
    assert.match(out, /^ok {7}CAA {8}no records/m);
    assert.match(out, /^ok {7}limits {5}an order of ClusterIssuer letsencrypt-staging is allowed/m);
    assert.match(out, /^ok {7}staging {4}a certificate for www\.example\.com was issued/m);
    assert.match(err, /^asking https:\/\/localhost:\d+\/dir for a certificate for www/m);
    const names = table((await run(["get", "certificates"])).out).map((row) => row["NAME"]);
    assert.deepEqual(names, ["www-example-com-tls"]);
    const issuers = table((await run(["get", "clusterissuers"])).out).map((row) => row["NAME"]);
    assert.deepEqual(issuers, ["letsencrypt", "letsencrypt-staging"]);
    assert.ok(!(await run(["get", "secrets"])).out.includes("preflight"));
  });

  test("preflight says which DNS record is missing, and when records let others alone issue", async () => {
    const asked = [...commandOf("sekisho cert preflight"), "--config", settings, "--no-issuance"];
    const policies = [{ tag: "issue", value: "other.test" }];
    await pebble.setNames("add-caa", { host: "example.com.", policies });
    const forbidden = await run(asked);
    assert.match(forbidden.out, /^error {4}CAA .*example\.com let other\.test alone issue$/m);
    assert.match(forbidden.out, /^ {2}example\.com\. 300 IN CAA 0 issue "pebble\./m);
    const served = `HTTP-01 needs port 80; you serve ${sekisho.httpPort}`;
    assert.ok(forbidden.out.includes(served) || /^ok {7}port 80/m.test(forbidden.out));
    const unknown = [...asked.slice(0, 2), "away.example.org", ...asked.slice(3)];
    await pebble.setNames("set-default-ipv4", { ip: "" });
    const { code, out } = await run(unknown);
    await pebble.setNames("set-default-ipv4", { ip: "127.0.0.1" });
    assert.equal(code, 1);
    assert.match(out, /^error {4}addresses {2}away\.example\.org has no address in DNS$/m);
    assert.match(out, /^DNS records to create:\n {2}away\.example\.org\. 300 IN A ADDRESS /m);
  });

  test("the trusted issuer's name in the file is all it takes to change over", async () => {
    const file = join(directory, "manifests", `${host}.yaml`);
    const text = readFileSync(file, "utf8");
    writeFileSync(file, text.replace("issuer: letsencrypt-staging", "issuer: letsencrypt"));
    const isIssued = async (): Promise<boolean> =>
      (await issuerOf("www-example-com-tls")) === "letsencrypt";
    await until(isIssued, { what: "the other certificate", longestMs: 60_000, everyMs: 100 });
  });
});
