/** The walkthrough apisix-acm, its Private CA half: an AWSPCAClusterIssuer has AWS sign what an Ingress of class apisix serves. */

import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { createClock } from "#runtime/real-clock.ts";
import { type FakePrivateCa, startPrivateCa } from "#test/fakes/aws-pca/private-ca.ts";
import { setAwsVariables } from "#test/fakes/aws-variables.ts";
import { runCommand, table } from "#test/system/harness/commands.ts";
import { type RunningSekisho, startSekisho } from "#test/system/harness/sekisho.ts";
import { curlAt, skipped, walk } from "./walkthrough.ts";

const host = "httpbin.example-test.org";
/** What the manifest leaves to its reader. */
const placeholder = ["$", "{PCA_ARN}"].join("");
const key = { id: "AKIAWALKER", secret: "of the walker" };

describe("apisix-acm with AWS Private CA", { skip: skipped }, () => {
  const undo = new AsyncDisposableStack();
  let sekisho: RunningSekisho | undefined;
  let aws: FakePrivateCa | undefined;
  let up: readonly string[] = [];
  let root = "";

  before(async () => {
    aws = undo.use(await startPrivateCa({ clock: createClock(), keys: [key], inProgress: 2 }));
    setAwsVariables(
      { after: (end) => undo.defer(end) },
      {
        ...{ AWS_ACCESS_KEY_ID: key.id, AWS_SECRET_ACCESS_KEY: key.secret },
        AWS_ENDPOINT_URL_ACM_PCA: aws.url,
      },
    );
    const files = ["httpbin.yaml", "ingress-httpbin.yaml"];
    const directory = undo.use(walk("apisix-acm", ...files));
    directory.fill("issuer-cert.yaml", { [placeholder]: aws.arn });
    root = directory.keep("root.crt", aws.root);
    const config = directory.keep("sekisho.yaml", "outboundAddresses: [127.0.0.1]\n");
    up = ["up", directory.manifests, "--config", config];
    sekisho = await startSekisho(up);
    undo.defer(async () => void (await sekisho?.stop()));
  });

  after(() => undo.disposeAsync());

  async function print(...args: readonly string[]): Promise<string> {
    assert.ok(sekisho);
    const { code, out, err } = await runCommand([...args, "--data", sekisho.data]);
    assert.equal(code, 0, err);
    return out;
  }

  /** The only row that a command prints. */
  async function row(...args: readonly string[]): Promise<Readonly<Record<string, string>>> {
    const rows = table(await print(...args));
    assert.equal(rows.length, 1, args.join(" "));
    return rows[0] ?? {};
  }

  async function curl(...args: readonly string[]): Promise<string> {
    assert.ok(sekisho);
    return await curlAt(sekisho, "--cacert", root, ...args, `https://${host}/headers`);
  }

  function orders(): number {
    return aws?.calls.filter(({ operation }) => operation === "IssueCertificate").length ?? -1;
  }

  test("the certificate becomes ready", async () => {
    for (;;) {
      const { AGE, ...shown } = await row("get", "cert");
      if (shown["READY"] !== "True") continue;
      assert.ok(AGE);
      const expected = { NAME: "nlb-lab-tls-cert", READY: "True", SECRET: "nlb-tls-app-secret" };
      assert.deepEqual(shown, expected);
      break;
    }
  });

  test("its Secret is one of TLS with three values", async () => {
    const { TYPE, DATA } = await row("get", "secret", "nlb-tls-app-secret");
    assert.deepEqual([TYPE, DATA], ["kubernetes.io/tls", "3"]);
    const secret = JSON.parse(await print("get", "secret", "nlb-tls-app-secret", "-o", "json"));
    assert.deepEqual(Object.keys(secret.data).sort(), ["ca.crt", "tls.crt", "tls.key"]);
  });

  test("the issuer says that it is ready", async () => {
    const { NAME, READY, STATUS } = await row("get", "awspcaclusterissuers", "-o", "wide");
    assert.deepEqual([NAME, READY, STATUS], ["demo-test-root-ca", "True", "Issuer verified"]);
  });

  test("curl that trusts the private CA is served", async () => {
    const retry = ["--retry", "40", "--retry-delay", "1", "--retry-all-errors"];
    const { headers } = JSON.parse(await curl("-A", "reader/1", ...retry));
    assert.deepEqual(headers, {
      ...{ Accept: "*/*", Host: host, "User-Agent": "reader/1", "X-Forwarded-Host": host },
    });
  });

  test("the certificate is what was asked for", async () => {
    const secret = JSON.parse(await print("get", "secret", "nlb-tls-app-secret", "-o", "json"));
    const leaf = new X509Certificate(Buffer.from(secret.data["tls.crt"], "base64"));
    assert.equal(leaf.subject, `CN=${host}`);
    assert.equal(leaf.subjectAltName, `DNS:${host}`);
    assert.deepEqual(leaf.keyUsage, ["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"]);
    assert.equal(leaf.publicKey.asymmetricKeyDetails?.modulusLength, 2048);
    const hours = (leaf.validToDate.getTime() - leaf.validFromDate.getTime()) / 3_600_000;
    // AWS begins it an hour before it was asked.
    assert.ok(hours > 2160 && hours < 2161.1, `${hours}`);
  });

  test("it was ordered once, and is not ordered again by a gate that was killed", async () => {
    assert.ok(sekisho);
    assert.equal(orders(), 1);
    await sekisho.kill();
    sekisho = await startSekisho(up, sekisho);
    await curl();
    assert.equal((await row("get", "cert"))["READY"], "True");
    assert.equal(orders(), 1);
  });

  test("when its Secret is gone it is ordered anew, and served", async () => {
    const before = aws?.issued.length ?? 0;
    await print("delete", "secret", "nlb-tls-app-secret");
    while ((aws?.issued.length ?? 0) === before) await row("get", "cert");
    await curl("--retry", "40", "--retry-delay", "1", "--retry-all-errors");
    assert.equal(orders(), 2);
    assert.equal(new Set(aws?.issued.map(({ token }) => token)).size, 2);
  });
});
