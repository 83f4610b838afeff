/** The walkthrough nginx-cafe, its VirtualServer half: two apps behind one host; the certificate comes while it is served. */

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { selfSigned, tlsSecret } from "#test/simulators/self-signed.ts";
import { runCommand, table } from "#test/system/harness/commands.ts";
import type { RunningSekisho } from "#test/system/harness/sekisho.ts";
import { startSekisho } from "#test/system/harness/sekisho.ts";
import { curlAt, skipped, type WalkthroughDirectory, walk } from "./walkthrough.ts";

const host = "cert.example.com";

describe("nginx-cafe with a VirtualServer", { skip: skipped }, () => {
  const undo = new AsyncDisposableStack();
  let sekisho: RunningSekisho | undefined;
  let directory: WalkthroughDirectory | undefined;
  let ca = "";

  before(async () => {
    directory = undo.use(walk("nginx-cafe", "cafe.yaml", "cafe-virtual-server.yaml"));
    const started = await startSekisho(["up", directory.manifests]);
    undo.defer(async () => void (await started.stop()));
    sekisho = started;
  });

  after(() => undo.disposeAsync());

  async function curl(...args: readonly string[]): Promise<string> {
    assert.ok(sekisho);
    return await curlAt(sekisho, ...args);
  }

  /** The row that `get virtualservers` prints, asked again until it has that state. */
  async function rowWith(state: string): Promise<Readonly<Record<string, string>>> {
    assert.ok(sekisho);
    for (;;) {
      const { out } = await runCommand(["get", "virtualservers", "--data", sekisho.data]);
      const [row] = table(out);
      if (row?.["STATE"] === state) return row;
    }
  }

  test("before the Secret exists, the VirtualServer's state is Warning", async () => {
    const { AGE, ...row } = await rowWith("Warning");
    assert.ok(AGE);
    const ports = `[${sekisho?.httpPort},${sekisho?.httpsPort}]`;
    assert.deepEqual(row, {
      ...{ NAME: "cafe", STATE: "Warning", HOST: host },
      ...{ IP: "127.0.0.1", PORTS: ports },
    });
  });

  test("the Certificate that it asks for is there, for whoever issues it", async () => {
    assert.ok(sekisho);
    const asked = ["get", "certificates", "cafe-secret", "--data", sekisho.data];
    // It is not ready, or nobody has looked at it yet.
    assert.match(
      (await runCommand(asked)).out,
      /^NAME +READY +SECRET +AGE\ncafe-secret +(False +)?cafe-secret +\S+$/m,
    );
    const { spec, metadata } = JSON.parse((await runCommand([...asked, "-o", "json"])).out);
    assert.deepEqual(spec, {
      secretName: "cafe-secret",
      dnsNames: [host],
      issuerRef: { name: "prod-issuer", kind: "ClusterIssuer" },
      usages: ["digital signature", "key encipherment"],
    });
    assert.equal(metadata.ownerReferences[0].name, "cafe");
    const { out } = await runCommand(["events", "--data", sekisho.data]);
    assert.match(out, /Normal +CreateCertificate .*Successfully created Certificate "cafe-secret"/);
  });

  test("before the Secret exists, plain HTTP is served without a redirect", async () => {
    const answer = await curl("-i", `http://${host}/tea`);
    assert.match(answer, /^HTTP\/1.1 200 OK\r\n/);
    assert.match(answer, /^URI: \/tea$/m);
  });

  test("before the Secret exists, handshakes are refused, and a finding says why", async () => {
    await assert.rejects(curl("-k", `https://${host}/tea`), { code: 35 });
    const found = sekisho?.events.filter(({ event }) => event === "finding") ?? [];
    assert.ok(found.some((finding) => JSON.stringify(finding).includes("SecretNotFound")));
  });

  test("when the Secret comes, HTTPS is served with it, without a restart", async () => {
    assert.ok(directory);
    const pair = selfSigned([host]);
    ca = directory.keep("ca.crt", pair.certificate);
    directory.add("secret.json", tlsSecret("cafe-secret", pair));
    const retry = ["--retry", "40", "--retry-delay", "1", "--retry-all-errors"];
    await curl(...retry, "--cacert", ca, `https://${host}/tea`);
  });

  test("then its state is Valid, and Events tell of both", async () => {
    await rowWith("Valid");
    assert.ok(sekisho);
    const { out } = await runCommand(["events", "--data", sekisho.data]);
    assert.match(out, /Warning +AddedOrUpdatedWithWarning .*cafe-secret/);
    assert.match(out, /Normal +AddedOrUpdated .*default\/cafe was added or updated/);
  });

  test("each path reaches its app, which says what the article shows", async () => {
    for (const [path, name] of [
      ["/tea", "tea"],
      ["/coffee", "coffee"],
    ] as const) {
      const text = await curl("--cacert", ca, `https://${host}${path}`);
      assert.match(text, /^Server address: [\d.]+:8080$/m);
      assert.match(text, new RegExp(`^Server name: ${name}-\\S+$`, "m"));
      assert.match(text, /^Date: \d\d\/\w{3}\/\d{4}:\d\d:\d\d:\d\d \+0000$/m);
      assert.match(text, new RegExp(`^URI: ${path}$`, "m"));
      assert.match(text, /^Request ID: [0-9a-f]{32}$/m);
    }
  });

  test("different pods answer", async () => {
    const names = new Set<string | undefined>();
    for (let asked = 0; asked < 30; asked++) {
      const text = await curl("--cacert", ca, `https://${host}/tea`);
      names.add(/^Server name: (\S+)$/m.exec(text)?.[1]);
    }
    assert.ok(names.size > 1, [...names].join(", "));
  });

  test("other paths are 404, and other hosts have no certificate", async () => {
    const status = ["-o", "/dev/null", "-w", "%{http_code}"];
    assert.equal(await curl(...status, "--cacert", ca, `https://${host}/`), "404");
    await assert.rejects(curl("-k", "https://other.example.com/tea"), { code: 35 });
  });
});
