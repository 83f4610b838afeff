/** The walkthrough apisix-acm, its Ingress half: httpbin behind an Ingress of class apisix, the certificate given. */

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { selfSigned, tlsSecret } from "#test/simulators/self-signed.ts";
import type { RunningSekisho } from "#test/system/harness/sekisho.ts";
import { startSekisho } from "#test/system/harness/sekisho.ts";
import { curlAt, skipped, walk } from "./walkthrough.ts";

const host = "httpbin.example-test.org";

describe("apisix-acm", { skip: skipped }, () => {
  const undo = new AsyncDisposableStack();
  let sekisho: RunningSekisho | undefined;
  let ca = "";

  before(async () => {
    const directory = undo.use(walk("apisix-acm", "httpbin.yaml", "ingress-httpbin.yaml"));
    const pair = selfSigned([host]);
    ca = directory.keep("ca.crt", pair.certificate);
    directory.add("secret.json", tlsSecret("nlb-tls-app-secret", pair));
    const started = await startSekisho(["up", directory.manifests]);
    undo.defer(async () => void (await started.stop()));
    sekisho = started;
  });

  after(() => undo.disposeAsync());

  async function curl(...args: readonly string[]): Promise<string> {
    assert.ok(sekisho);
    return await curlAt(sekisho, ...args);
  }

  async function headersAt(path: string, ...args: readonly string[]): Promise<unknown> {
    return JSON.parse(await curl(...args, "--cacert", ca, `https://${host}${path}`)).headers;
  }

  const own = { Accept: "*/*", Host: host, "User-Agent": "reader/1", "X-Forwarded-Host": host };

  test("httpbin is told exactly Accept, Host, User-Agent and X-Forwarded-Host", async () => {
    assert.deepEqual(await headersAt("/headers", "-A", "reader/1"), own);
  });

  test("the answer is printed as httpbin does: keys in order, two blanks a level", async () => {
    const text = await curl("-A", "reader/1", "--cacert", ca, `https://${host}/headers`);
    assert.equal(text, `${JSON.stringify({ headers: own }, null, 2)}\n`);
  });

  test("no X-Envoy header reaches httpbin, not even those that it hides elsewhere", async () => {
    const headers = Object.keys((await headersAt("/headers?show_env=1")) as object);
    assert.deepEqual(
      headers.filter((name) => /^x-(envoy|b3|sekisho|request-id)/i.test(name)),
      [],
    );
    assert.ok(headers.includes("X-Forwarded-For"));
    assert.ok(headers.includes("X-Forwarded-Proto"));
  });

  test("what a client writes into X-Forwarded-Host or X-Envoy headers does not get through", async () => {
    const lies = ["X-Forwarded-Host: evil.test", "x-envoy-original-path: /evil"];
    const flags = lies.flatMap((line) => ["-H", line]);
    assert.deepEqual(await headersAt("/headers", "-A", "reader/1", ...flags), own);
  });

  test("without the private CA curl refuses the certificate", async () => {
    await assert.rejects(curl(`https://${host}/headers`), { code: 60 });
  });

  test("a handshake for another name is refused", async () => {
    await assert.rejects(curl("--cacert", ca, "https://other.example-test.org/headers"), {
      code: 35,
    });
  });

  test("plain HTTP is served as well: core Ingress asks for no redirect", async () => {
    const answer = await curl("-o", "/dev/null", "-w", "%{http_code}", `http://${host}/headers`);
    assert.equal(answer, "200");
  });

  test("nothing is found wrong with the manifests", () => {
    assert.deepEqual(
      sekisho?.events.filter(({ event }) => event === "finding"),
      [],
    );
  });
});
