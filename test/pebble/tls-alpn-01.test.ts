/** TLS-ALPN-01 from a manifest to a served certificate: the real program, its Envoy, and a Pebble that finds nothing over HTTP. */

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { until } from "#test/bench/measure/waiting.ts";
import { skipWithoutGo } from "#test/lab/build/requirements.ts";
import { runCommand, table } from "#test/system/harness/commands.ts";
import { type RunningSekisho, startSekisho } from "#test/system/harness/sekisho.ts";
import { type Pebble, startPebble } from "./pebble.ts";

const skip = await skipWithoutGo();

const names = ["a.example.com", "b.example.com"];

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
    solvers: [{ http01: { ingress: {} } }]
---
apiVersion: cert-manager.io/v1
kind: Certificate
metadata: { name: web, namespace: default }
spec:
  secretName: web
  dnsNames: [${names.join(", ")}]
  privateKey: { algorithm: ECDSA }
  issuerRef: { name: prod, kind: ClusterIssuer }
`;
}

async function untilReady({ data }: RunningSekisho): Promise<void> {
  const shown = async (kind: string): Promise<string> =>
    (await runCommand(["get", kind, "--data", data, "-o", "wide"])).out;
  const isReady = async (): Promise<boolean> =>
    table(await shown("certificates"))[0]?.["READY"] === "True";
  try {
    await until(isReady, { what: "the certificate", longestMs: 60_000, everyMs: 50 });
  } catch (cause) {
    const texts = await Promise.all(["certificates", "orders", "challenges"].map(shown));
    throw new Error(texts.join("\n"), { cause });
  }
}

describe("TLS-ALPN-01 at a real Pebble", { skip }, () => {
  for (const layout of ["chains", "on-demand"]) {
    test(`names are shown to be ours in handshakes alone, with certificates in ${layout}`, async () => {
      await using undo = new AsyncDisposableStack();
      const directory = mkdtempSync(join(tmpdir(), "sekisho-alpn-"));
      undo.defer(() => rmSync(directory, { recursive: true }));
      const served = join(directory, "manifests");
      mkdirSync(served);
      const config = join(directory, "sekisho.yaml");
      writeFileSync(
        config,
        `outboundAddresses: [127.0.0.0/8, "::1"]\ncertificateLayout: ${layout}\n`,
      );
      const sekisho = await startSekisho(["up", served, "--config", config]);
      undo.defer(async () => void (await sekisho.stop()));
      const pebble = undo.use(await startPebble({ tlsPort: sekisho.httpsPort }));
      writeFileSync(join(served, "all.yaml"), manifests(pebble));
      await untilReady(sekisho);
      const told = await runCommand(["events", "-A", "--data", sekisho.data]);
      for (const name of names)
        assert.match(told.out, new RegExp(`"${name}" verified with "TLS-ALPN-01"`), told.err);
      const left = await runCommand(["get", "challenges", "--data", sekisho.data]);
      assert.equal(table(left.out).length, 0);
    });
  }
});
