/** The walkthrough nginx-cafe, its Ingress half: plain HTTP is sent to HTTPS, whose certificate comes while it is served. */

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { selfSigned, tlsSecret } from "#test/simulators/self-signed.ts";
import { runCommand, table } from "#test/system/harness/commands.ts";
import type { RunningSekisho } from "#test/system/harness/sekisho.ts";
import { startSekisho } from "#test/system/harness/sekisho.ts";
import { curlAt, skipped, type WalkthroughDirectory, walk } from "./walkthrough.ts";

const host = "cert.example.com";
const status = ["-o", "/dev/null", "-w", "%{http_code}"];

describe("nginx-cafe with an Ingress", { skip: skipped }, () => {
  const undo = new AsyncDisposableStack();
  let sekisho: RunningSekisho | undefined;
  let directory: WalkthroughDirectory | undefined;
  let ca = "";

  before(async () => {
    directory = undo.use(walk("nginx-cafe", "cafe.yaml", "cafe-ingress.yaml"));
    const started = await startSekisho(["up", directory.manifests]);
    undo.defer(async () => void (await started.stop()));
    sekisho = started;
  });

  after(() => undo.disposeAsync());

  async function curl(...args: readonly string[]): Promise<string> {
    assert.ok(sekisho);
    return await curlAt(sekisho, ...args);
  }

  /** The rows that `get` prints of a kind, asked again until they are so. */
  async function rowsWhere(
    kind: string,
    are: (rows: readonly Readonly<Record<string, string>>[]) => boolean,
  ): Promise<readonly Readonly<Record<string, string>>[]> {
    assert.ok(sekisho);
    for (;;) {
      const rows = table((await runCommand(["get", kind, "--data", sekisho.data])).out);
      if (are(rows)) return rows;
    }
  }

  test("the apps run as the article shows, behind Services on port 80", async () => {
    const rows = await rowsWhere("deployments", (all) =>
      all.every(({ READY = "" }) => /^(\d+)\/\1$/.test(READY)),
    );
    assert.deepEqual(
      rows.map(({ NAME, READY }) => [NAME, READY]),
      [
        ["coffee", "2/2"],
        ["tea", "3/3"],
      ],
    );
    const services = await rowsWhere("services", (all) => all.length > 0);
    assert.deepEqual(
      services.map(({ NAME, "PORT(S)": ports }) => [NAME, ports]),
      [
        ["coffee-svc", "80/TCP"],
        ["tea-svc", "80/TCP"],
      ],
    );
  });

  test("the Ingress has its class, its host and an address", async () => {
    const [row] = await rowsWhere("ingresses", ([first]) => (first?.["ADDRESS"] ?? "") !== "");
    const { AGE, ...shown } = row ?? {};
    assert.ok(AGE);
    assert.deepEqual(shown, {
      ...{ NAME: "cafe-ingress", CLASS: "nginx", HOSTS: host },
      ...{ ADDRESS: "127.0.0.1", PORTS: "80, 443" },
    });
  });

  test("it is said that nginx's own rules hold, as nothing but the name of the class says so", () => {
    const found = sekisho?.events.filter(({ event }) => event === "finding") ?? [];
    assert.ok(found.some((finding) => JSON.stringify(finding).includes("DialectChosen")));
  });

  test("before the Secret exists, plain HTTP is sent to HTTPS by 301, with the port as nginx writes it", async () => {
    const answer = await curl("-i", `http://${host}/tea?x=1`);
    assert.match(answer, /^HTTP\/1.1 301 Moved Permanently\r\n/);
    assert.match(answer, /^location: https:\/\/cert\.example\.com:443\/tea\?x=1\r$/im);
  });

  test("before the Secret exists, handshakes are refused", async () => {
    await assert.rejects(curl("-k", `https://${host}/tea`), { code: 35 });
  });

  test("a challenge that cert-manager puts into the Ingress is answered on plain HTTP", async () => {
    assert.ok(directory);
    const path = "/.well-known/acme-challenge/token";
    directory.add("solver.json", solverIngress(path));
    const retry = ["--retry", "40", "--retry-delay", "1", "--retry-all-errors", "--fail"];
    assert.equal(await curl(...status, `http://${host}${path}-else`), "301");
    const text = await curl(...retry, "--max-redirs", "0", `http://solver.example.com${path}`);
    assert.match(text, new RegExp(`^URI: ${path}$`, "m"));
    assert.equal(await curl(...status, "http://solver.example.com/tea"), "301");
  });

  test("when the Secret comes, HTTPS is served with it, without a restart", async () => {
    assert.ok(directory);
    const pair = selfSigned([host]);
    ca = directory.keep("ca.crt", pair.certificate);
    directory.add("secret.json", tlsSecret("cafe-secret", pair));
    const retry = ["--retry", "40", "--retry-delay", "1", "--retry-all-errors"];
    await curl(...retry, "--cacert", ca, `https://${host}/tea`);
  });

  test("each path reaches its app, which says what the article shows; a prefix is raw, as in nginx", async () => {
    for (const [path, name] of [
      ["/tea", "tea"],
      ["/teapot/x", "tea"],
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
      const text = await curl("--cacert", ca, `https://${host}/coffee`);
      names.add(/^Server name: (\S+)$/m.exec(text)?.[1]);
    }
    assert.ok(names.size > 1, [...names].join(", "));
  });

  test("other paths are 404, and other hosts have no certificate", async () => {
    assert.equal(await curl(...status, "--cacert", ca, `https://${host}/`), "404");
    await assert.rejects(curl("-k", "https://other.example.com/tea"), { code: 35 });
  });
});

/** An Ingress as `http01-edit-in-place` leaves it: one more path, and TLS whose Secret is not there yet. */
function solverIngress(path: string): object {
  const backend = { service: { name: "tea-svc", port: { number: 80 } } };
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: { name: "edited-in-place" },
    spec: {
      ingressClassName: "nginx",
      tls: [{ hosts: ["solver.example.com"], secretName: "not-there-yet" }],
      rules: [
        {
          host: "solver.example.com",
          http: {
            paths: [
              { path: "/tea", pathType: "Prefix", backend },
              { path, pathType: "Exact", backend },
            ],
          },
        },
      ],
    },
  };
}
