/** Certificates that are issued here, from manifest to handshake: one program, one real Envoy, its own issuers. */

import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { connect } from "node:tls";
import { runCommand } from "../harness/commands.ts";
import { repository } from "../harness/program.ts";
import { type RunningSekisho, startSekisho } from "../harness/sekisho.ts";
import { type ServedDirectory, serveDirectory } from "../harness/served-directory.ts";

const undo = new AsyncDisposableStack();
let running: { readonly sekisho: RunningSekisho; readonly directory: ServedDirectory } | undefined;

const example = (file: string): string =>
  readFileSync(join(repository, "examples/own-authority", file), "utf8");

const server = `apiVersion: k8s.nginx.org/v1
kind: VirtualServer
metadata: {name: cafe}
spec:
  host: cafe.example.com
  tls: {secret: cafe-tls, cert-manager: {issuer: own}}
  routes: [{path: /, action: {return: {body: tea}}}]
`;

before(async () => {
  const files = { "authority.yaml": example("authority.yaml"), "shop.yaml": example("shop.yaml") };
  const directory = undo.use(serveDirectory(files));
  const sekisho = await startSekisho(["up", directory.path, "--workloads", "none"]);
  undo.defer(async () => void (await sekisho.stop()));
  running = { sekisho, directory };
});

after(() => undo.disposeAsync());

function started(): NonNullable<typeof running> {
  assert.ok(running);
  return running;
}

/** What a handshake is answered with; undefined when it is refused. */
async function shown(host: string): Promise<X509Certificate | undefined> {
  const { httpsPort } = started().sekisho;
  const { promise, resolve } = Promise.withResolvers<X509Certificate | undefined>();
  const options = { host: "127.0.0.1", port: httpsPort, servername: host };
  const socket = connect({ ...options, rejectUnauthorized: false });
  socket.on("secureConnect", () => resolve(socket.getPeerX509Certificate()));
  socket.on("error", () => resolve(undefined));
  const certificate = await promise;
  socket.destroy();
  return certificate;
}

/** Asks again until it fits: Envoy takes what changed in its own time. */
async function untilShown(
  host: string,
  fits: (certificate: X509Certificate) => boolean,
): Promise<X509Certificate> {
  for (;;) {
    const certificate = await shown(host);
    if (certificate !== undefined && fits(certificate)) return certificate;
  }
}

async function run(...args: readonly string[]): Promise<string> {
  const { code, out, err } = await runCommand([...args, "--data", started().sekisho.data]);
  assert.equal(code, 0, err);
  return out;
}

async function rootOf(secret: string): Promise<X509Certificate> {
  const text = await run("get", "secret", secret, "-o", "json");
  const { data } = JSON.parse(text) as { readonly data: Readonly<Record<string, string>> };
  return new X509Certificate(Buffer.from(data["ca.crt"] ?? "", "base64"));
}

test("a host is served with a certificate that its manifests asked for, and get says that it is ready", async () => {
  const leaf = await untilShown("shop.example.com", () => true);
  const root = await rootOf("shop-tls");
  assert.equal(leaf.subjectAltName, "DNS:shop.example.com");
  assert.ok(leaf.verify(root.publicKey) && leaf.checkIssued(root), "our authority signed it");
  const lines = (await run("get", "certificates")).trimEnd().split("\n");
  assert.deepEqual(
    lines.map((line) => line.split(/\s+/).slice(0, 3)),
    [
      ["NAME", "READY", "SECRET"],
      ["authority", "True", "authority"],
      ["shop", "True", "shop-tls"],
    ],
  );
  assert.match(await run("get", "issuers"), /own +True/);
});

test("another name in the manifest is another certificate, served without a restart", async () => {
  const { directory } = started();
  const manifest = directory.read("shop.yaml");
  directory.write(
    "shop.yaml",
    manifest.replace("    - shop.example.com\n", "    - shop.example.com\n    - www.example.com\n"),
  );
  const names = "DNS:shop.example.com, DNS:www.example.com";
  const leaf = await untilShown(
    "shop.example.com",
    ({ subjectAltName }) => subjectAltName === names,
  );
  assert.equal(leaf.subjectAltName, names);
});

test("a Secret that is deleted comes back with a new certificate", async () => {
  const before = await untilShown("shop.example.com", () => true);
  await run("delete", "secret", "shop-tls");
  const leaf = await untilShown(
    "shop.example.com",
    ({ serialNumber }) => serialNumber !== before.serialNumber,
  );
  assert.ok(leaf.verify((await rootOf("shop-tls")).publicKey), "our authority signed it");
});

test("tls.cert-manager of a VirtualServer has its host served", async () => {
  started().directory.write("cafe.yaml", server);
  const leaf = await untilShown("cafe.example.com", () => true);
  assert.equal(leaf.subjectAltName, "DNS:cafe.example.com");
});

test("an Ingress that names an issuer has its hosts served", async () => {
  const manifest = `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: tea, annotations: {cert-manager.io/issuer: own, cert-manager.io/private-key-algorithm: ECDSA}}
spec:
  ingressClassName: sekisho
  tls: [{hosts: [tea.example.com], secretName: tea-tls}]
  rules: [{host: tea.example.com, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: shop, port: {number: 80}}}}]}}]
`;
  started().directory.write("tea.yaml", manifest);
  const leaf = await untilShown("tea.example.com", () => true);
  assert.equal(leaf.subjectAltName, "DNS:tea.example.com");
  assert.equal(leaf.publicKey.asymmetricKeyType, "ec");
});
