/**
 * `sekisho cert preflight` for names that are not shown at port 80: a wildcard and a name by DNS records, a name in handshakes.
 * Pebble finds nothing over HTTP, and issues what is tried.
 */

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { until } from "#test/bench/measure/waiting.ts";
import { startCloudflare } from "#test/fakes/cloudflare/fake-cloudflare.ts";
import { recordsFor } from "#test/fakes/dns/pebble-records.ts";
import type { TxtRecords } from "#test/fakes/dns/txt-records.ts";
import { skipWithoutGo } from "#test/lab/build/requirements.ts";
import { type Ended, runCommand, table } from "#test/system/harness/commands.ts";
import { freshPlace } from "#test/system/harness/program.ts";
import { type RunningSekisho, startSekisho } from "#test/system/harness/sekisho.ts";
import { type Pebble, startPebble } from "./pebble.ts";

const skip = await skipWithoutGo();
const token = "token";

/** One server, asked by an issuer that writes records for example.org, and answers in handshakes for the rest. */
function manifests({ directory, authority }: Pebble): string {
  return `apiVersion: cert-manager.io/v1
kind: ClusterIssuer
metadata:
  name: prod
  annotations:
    sekisho.dev/tls-alpn-01: "true"
spec:
  acme:
    server: ${directory}
    caBundle: ${Buffer.from(authority).toString("base64")}
    privateKeySecretRef: { name: account }
    solvers:
      - http01: { ingress: {} }
      - dns01: { cloudflare: { apiTokenSecretRef: { name: cloudflare, key: token } } }
        selector: { dnsZones: [example.org] }
---
apiVersion: v1
kind: Secret
metadata: { name: cloudflare, namespace: cert-manager }
stringData: { token: ${token} }
`;
}

describe("cert preflight without port 80", { skip }, () => {
  const undo = new AsyncDisposableStack();
  let sekisho: RunningSekisho;
  let pebble: Pebble;
  let records: TxtRecords;
  let config = "";

  before(async () => {
    const directory = mkdtempSync(join(tmpdir(), "sekisho-preflight-"));
    undo.defer(() => rmSync(directory, { recursive: true, force: true }));
    const served = join(directory, "manifests");
    mkdirSync(served);
    const place = await freshPlace();
    pebble = undo.use(await startPebble({ tlsPort: place.httpsPort }));
    records = recordsFor(pebble);
    const key = { email: "unused", key: "unused" };
    const api = undo.use(await startCloudflare({ zones: ["example.org"], token, key, records }));
    process.env["CLOUDFLARE_BASE_URL"] = api.base;
    const { host, port } = pebble.dns;
    config = join(directory, "sekisho.yaml");
    const lines = [`outboundAddresses: [127.0.0.0/8, "::1"]`, `dnsResolvers: ["${host}:${port}"]`];
    writeFileSync(config, lines.join("\n"));
    writeFileSync(join(served, "all.yaml"), manifests(pebble));
    sekisho = await startSekisho(["up", served, "--config", config], place);
    undo.defer(async () => void (await sekisho.stop()));
    const isReady = async (): Promise<boolean> => {
      const { out } = await runCommand(["get", "clusterissuers", "--data", sekisho.data]);
      return table(out)[0]?.["READY"] === "True";
    };
    await until(isReady, { what: "the issuer", longestMs: 60_000, everyMs: 50 });
  });

  after(() => undo.disposeAsync());

  function preflight(name: string, ...more: readonly string[]): Promise<Ended> {
    const where = ["--data", sekisho.data, "--config", config];
    return runCommand(["cert", "preflight", name, ...where, ...more]);
  }

  test("a wildcard is tried by its DNS record, which is gone afterwards", async () => {
    const asked = await preflight("*.example.org", "--staging-server", pebble.directory);
    const { out, code } = asked;
    assert.equal(code, 0, out + asked.err);
    assert.match(out, /^ok +proof +by the DNS record _acme-challenge\.example\.org TXT: port 80/m);
    assert.match(out, /^ok +CAA +no records/m);
    assert.match(out, /^ok +staging +a certificate for \*\.example\.org was issued by https:/m);
    assert.deepEqual(records.all(), []);
  });

  test("a name that is proved by a record needs no address for that", async () => {
    await pebble.setNames("set-default-ipv4", { ip: "" });
    const { out, code } = await preflight("mail.example.org", "--no-issuance");
    await pebble.setNames("set-default-ipv4", { ip: "127.0.0.1" });
    assert.equal(code, 0, out);
    assert.match(
      out,
      /^warning +addresses +mail\.example\.org has no address in DNS; its visitors/m,
    );
    assert.match(out, /^ {2}mail\.example\.org\. 300 IN A ADDRESS /m);
  });

  test("a name that is shown in handshakes is looked for at port 443, and tried there", async () => {
    const asked = await preflight("www.example.com", "--staging-server", pebble.directory);
    const { out } = asked;
    const served = `TLS-ALPN-01 needs port 443; you serve ${sekisho.httpsPort}`;
    assert.ok(out.includes(served) || /^ok +port 443/m.test(out), out);
    assert.match(out, /^ok +staging +a certificate for www\.example\.com was issued/m);
    const told = await runCommand(["events", "-A", "--data", sekisho.data]);
    assert.match(told.out, /"www\.example\.com" verified with "TLS-ALPN-01"/);
  });

  test("a wildcard that no solver proves is told to take one that does", async () => {
    const { out, code } = await preflight("*.example.com", "--no-issuance");
    assert.equal(code, 1);
    assert.match(out, /^error +proof +no solver of the issuer proves the name$/m);
    assert.match(out, /a wildcard takes dns01/);
  });
});
