/** `sekisho migrate cert-manager --check` over what kubectl wrote down: its outputs and its exit codes. */

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { selfSigned } from "#test/simulators/self-signed.ts";
import { runCommand, table } from "../harness/commands.ts";

const directory = mkdtempSync(join(tmpdir(), "sekisho-migrate-"));
after(() => rmSync(directory, { recursive: true, force: true }));

const base64 = (text: string): string => Buffer.from(text).toString("base64");

/** A Certificate and its Secret. */
function certificate(name: string, names: readonly [string, ...string[]]): readonly object[] {
  const pair = selfSigned([`${name}.example.com`]);
  return [
    {
      ...{ apiVersion: "cert-manager.io/v1", kind: "Certificate" },
      metadata: { name, namespace: "shop", uid: `uid-${name}` },
      spec: {
        ...{ secretName: name, dnsNames: names, issuerRef: { name: "ca" } },
        privateKey: { algorithm: "ECDSA" },
      },
      status: { revision: 1, conditions: [{ type: "Ready", status: "True", reason: "Ready" }] },
    },
    {
      ...{ apiVersion: "v1", kind: "Secret", type: "kubernetes.io/tls" },
      metadata: {
        ...{ name, namespace: "shop", labels: { "controller.cert-manager.io/fao": "true" } },
        annotations: {
          "cert-manager.io/certificate-name": name,
          "cert-manager.io/issuer-name": "ca",
        },
      },
      data: { "tls.crt": base64(pair.certificate), "tls.key": base64(pair.key) },
    },
  ];
}

const issuer = `apiVersion: cert-manager.io/v1
kind: Issuer
metadata: { name: ca, namespace: shop }
spec: { ca: { secretName: root } }
`;

function dump(name: string, items: readonly object[]): string {
  const place = join(directory, name);
  mkdirSync(join(place, "below"), { recursive: true });
  writeFileSync(join(place, "all.json"), JSON.stringify({ kind: "List", apiVersion: "v1", items }));
  writeFileSync(join(place, "below", "issuer.yaml"), issuer);
  return place;
}

const check = ["migrate", "cert-manager", "--check"] as const;

test("certificates that are all kept are a good ending", async () => {
  const place = dump("good", certificate("web", ["web.example.com"]));
  const { code, out, err } = await runCommand([...check, place]);
  assert.deepEqual([code, err], [0, ""]);
  const [row, ...others] = table(out);
  assert.deepEqual(others, []);
  assert.deepEqual([row?.["CERTIFICATE"], row?.["VERDICT"]], ["shop/web", "kept"]);
});

test("one that would be issued anew is a bad one, and programs read why", async () => {
  const items = [
    ...certificate("a", ["a.example.com"]),
    ...certificate("b", ["other.example.com"]),
  ];
  const { code, out } = await runCommand([...check, dump("bad", items), "-o", "json"]);
  assert.equal(code, 1);
  const { certificates, surroundings } = JSON.parse(out);
  assert.deepEqual(
    certificates.map(({ certificate, verdict }: Record<string, string>) => [certificate, verdict]),
    [
      ["shop/a", "kept"],
      ["shop/b", "issued anew"],
    ],
  );
  assert.match(certificates[1].why, /^SecretMismatch: .*spec\.dnsNames/);
  assert.deepEqual(surroundings, []);
  assert.ok(!/PRIVATE KEY|tls\.key/.test(out), "nothing of a key is printed");
});

test("what cannot be read, and what nobody named, is said", async () => {
  const place = dump("broken", []);
  writeFileSync(join(place, "more.yaml"), "kind: [\n");
  const broken = await runCommand([...check, place]);
  assert.equal(broken.code, 1);
  assert.match(broken.err, /more\.yaml cannot be read/);
  for (const args of [check, [...check, "nowhere"], [...check, "--cluster", place]])
    assert.equal((await runCommand(args)).code, 2);
  assert.equal((await runCommand(["migrate", "cert-manager", place])).code, 2, "without --check");
});
