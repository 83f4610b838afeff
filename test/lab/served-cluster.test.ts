/** A cluster that Sekisho serves: manifests applied by the real kubectl, read back by it, and answered. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { shaHash } from "#test/fakes/password-hash.ts";
import { selfSigned } from "#test/simulators/self-signed.ts";
import { runCommand } from "#test/system/harness/commands.ts";
import { repository } from "#test/system/harness/program.ts";
import { skipped as noWalkthroughs, walk } from "#test/walkthroughs/walkthrough.ts";
import { skipWithoutLab } from "./build/requirements.ts";
import { curl } from "./curl.ts";
import { type InstalledSekisho, installSekisho } from "./installed-sekisho.ts";
import type { Lab } from "./lab.ts";
import { startLab } from "./lab.ts";

const skip = await skipWithoutLab();
const longest = "--timeout=120s";

/** For those alone who have the password. */
const protectedHost = `apiVersion: k8s.nginx.org/v1
kind: VirtualServer
metadata: { name: staff }
spec:
  host: staff.example.com
  policies: [{ name: staff }]
  routes: [{ path: /, action: { return: { body: "come in" } } }]
---
apiVersion: k8s.nginx.org/v1
kind: Policy
metadata: { name: staff }
spec: { basicAuth: { realm: Staff, secret: staff } }
---
apiVersion: v1
kind: Secret
metadata: { name: staff }
type: nginx.org/htpasswd
stringData: { htpasswd: "alice:${shaHash("open sesame")}" }
`;

/** The same by an annotation, before the Service of the cafe's tea. */
const guardedIngress = `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: guarded
  annotations: { nginx.org/basic-auth-secret: guests, nginx.org/basic-auth-realm: Guests }
spec:
  ingressClassName: nginx
  rules:
    - host: guarded.example.com
      http:
        paths:
          - path: /
            pathType: Prefix
            backend: { service: { name: tea, port: { number: 80 } } }
---
apiVersion: v1
kind: Secret
metadata: { name: guests }
type: nginx.org/htpasswd
stringData: { htpasswd: "bob:${shaHash("open sesame")}" }
`;

/** A port by TCP, and one below 1024, both before the Service of the cafe's tea. */
const ports = [
  { name: "tea", port: 9010 },
  { name: "low", port: 700 },
];
const streams = [
  `apiVersion: k8s.nginx.org/v1
kind: GlobalConfiguration
metadata: { name: ports }
spec: { listeners: ${JSON.stringify(ports.map((one) => ({ ...one, protocol: "TCP" })))} }
`,
  ...ports.map(
    ({ name }) => `apiVersion: k8s.nginx.org/v1
kind: TransportServer
metadata: { name: ${name} }
spec:
  listener: { name: ${name}, protocol: TCP }
  upstreams: [{ name: tea, service: tea, port: 80 }]
  action: { pass: tea }
`,
  ),
].join("---\n");

/** Endpoints and Secrets reach the proxies a moment after kubectl has seen them. */
const inAMoment = ["-f", "--retry", "60", "--retry-all-errors", "--retry-delay", "1"] as const;

describe("a cluster", { skip }, () => {
  const undo = new AsyncDisposableStack();
  let lab: Lab;
  let served: InstalledSekisho;

  before(async () => {
    lab = undo.use(await startLab());
    served = await installSekisho(lab, { controller: ["--ingress-class", "nginx"] });
  });
  after(() => undo.disposeAsync());

  async function columns(...kind: readonly string[]): Promise<readonly string[][]> {
    const lines = (await lab.kubectl(["get", ...kind])).trim().split("\n");
    return lines.map((line) => line.trim().split(/ {2,}/));
  }

  async function untilServed(ingress: string, ...options: readonly string[]): Promise<void> {
    const address = "--for=jsonpath={.status.loadBalancer.ingress[0].ip}";
    await lab.kubectl(["wait", `ingress/${ingress}`, address, longest, ...options]);
  }

  it("answers for examples/cafe from both Services, by the certificate of its Secret", async () => {
    await lab.kubectl(["apply", "-f", join(repository, "examples/cafe")]);
    for (const name of ["tea", "coffee"])
      await lab.kubectl(["rollout", "status", `deployment/${name}`, longest]);
    await untilServed("cafe");
    const trusted = ["--cacert", join(repository, "examples/cafe/ca.crt")];
    const tea = await curl(served, "https://cafe.example.com/tea", ...trusted, ...inAMoment);
    assert.match(tea, /^Server name: tea-/m);
    const coffee = await curl(served, "http://cafe.example.com/coffee", ...inAMoment);
    assert.match(coffee, /^Server name: coffee-/m);
  });

  it("lets pass who has a password, as the adapter in the proxy's pod says", async () => {
    await lab.kubectl(["apply", "--server-side", "-f", join(repository, "deploy/crds")]);
    await lab.kubectl(["apply", "-f", "-"], protectedHost);
    const valid = "--for=jsonpath={.status.state}=Valid";
    await lab.kubectl(["wait", "virtualserver/staff", valid, longest]);
    const url = "http://staff.example.com/";
    const user = ["--user", "alice:open sesame"];
    assert.match(await curl(served, url, ...user, ...inAMoment), /^come in$/m);
    await assert.rejects(curl(served, url, "-f"), /401/);
    await assert.rejects(curl(served, url, "-f", "--user", "alice:wrong"), /401/);
  });

  it("asks for the password that an annotation of an Ingress names", async () => {
    await lab.kubectl(["apply", "-f", "-"], guardedIngress);
    await untilServed("guarded");
    const url = "http://guarded.example.com/";
    const user = ["--user", "bob:open sesame"];
    const tea = await curl(served, url, ...user, ...inAMoment);
    assert.match(tea, /^Server name: tea-/m);
    await assert.rejects(curl(served, url, "-f"), /401/);
    await lab.kubectl(["delete", "-f", "-"], guardedIngress);
  });

  it("opens the ports that TransportServers ask for, and closes them again", async () => {
    await lab.kubectl(["apply", "-f", "-"], streams);
    const valid = "--for=jsonpath={.status.state}=Valid";
    await lab.kubectl(["wait", "transportserver/tea", "transportserver/low", valid, longest]);
    for (const { port } of ports) {
      const answer = await curl(served, `http://tea.example.com:${port}/tea`, ...inAMoment);
      assert.match(answer, /^Server name: tea-/m);
    }
    const [titles, , row] = await columns("transportservers");
    assert.deepEqual(titles, ["NAME", "STATE", "REASON", "AGE"]);
    assert.deepEqual(row?.slice(0, 3), ["tea", "Valid", "AddedOrUpdated"]);
    await lab.kubectl(["delete", "-f", "-"], streams);
    const names = ["-o", "jsonpath={.spec.ports[*].name}"];
    const asked = ["get", "service/sekisho", "--namespace=sekisho-system", ...names];
    while ((await lab.kubectl(asked)) !== "http https");
  });

  it("shows kubectl's columns of an Ingress, with the address of the load balancer", async () => {
    const [titles, row] = await columns("ingress", "cafe");
    assert.deepEqual(titles, ["NAME", "CLASS", "HOSTS", "ADDRESS", "PORTS", "AGE"]);
    assert.deepEqual(row?.slice(0, 5), [
      "cafe",
      "sekisho",
      "cafe.example.com",
      served.address,
      "80, 443",
    ]);
  });

  it("serves wildcards of examples/httpbin", async () => {
    await lab.kubectl(["apply", "-f", join(repository, "examples/httpbin")]);
    await lab.kubectl(["rollout", "status", "deployment/httpbin", longest]);
    await untilServed("httpbin");
    const { headers } = JSON.parse(
      await curl(served, "http://any.example.com/anything/headers", ...inAMoment),
    ) as {
      readonly headers: Readonly<Record<string, string>>;
    };
    assert.equal(headers["Host"], "any.example.com");
  });

  it("tells by sekisho status which replica leads and what each proxy has acknowledged", async () => {
    const asked = ["status", "--kubeconfig", lab.kubeconfig];
    const { out, code } = await runCommand(asked);
    assert.equal(code, 0);
    assert.match(out, /^REPLICA +ROLE +SERVED +PROXIES +ADDRESSES +FINDINGS$/m);
    assert.equal(out.match(/^sekisho-controller-\S+ +leads /gm)?.length, 1);
    assert.equal(out.match(/^sekisho-controller-\S+ +follows /gm)?.length, 1);
    const json = JSON.parse((await runCommand([...asked, "-o", "json"])).out) as readonly {
      readonly status: { readonly proxies: readonly unknown[] };
    }[];
    assert.equal(json.flatMap(({ status }) => status.proxies).length, served.proxies.length);
  });

  it("is looked at by sekisho preflight, which finds nothing in the way and whose classes are whose", async () => {
    const { out, code } = await runCommand([
      "preflight",
      "cluster",
      "--kubeconfig",
      lab.kubeconfig,
    ]);
    assert.equal(code, 0, out);
    assert.match(out, /^ok +version +Kubernetes v1\.\d+/m);
    assert.match(out, /^ok +class sekisho +2 Ingresses, served by Sekisho$/m);
    assert.match(out, /^ok +lease +sekisho-controller-\S+ leads$/m);
  });

  it("records what is wrong with an Ingress of ours as an Event, and leaves those of others alone", async () => {
    const manifest = (name: string, ingressClassName: string): string =>
      JSON.stringify({
        apiVersion: "networking.k8s.io/v1",
        kind: "Ingress",
        metadata: { name },
        spec: {
          ingressClassName,
          defaultBackend: { service: { name: "nobody", port: { number: 80 } } },
        },
      });
    await lab.kubectl(["apply", "-f", "-"], manifest("astray", "sekisho"));
    await lab.kubectl(["apply", "-f", "-"], manifest("foreign", "somebody-else"));
    const of = (name: string): string => `--field-selector=involvedObject.name=${name}`;
    await lab.kubectl(["wait", "--for=create", "event", of("astray"), longest]);
    assert.match(await lab.kubectl(["events", "--for", "ingress/astray"]), /Warning .*nobody/);
    assert.equal((await lab.kubectl(["get", "events", of("foreign"), "-o", "name"])).trim(), "");
    const foreign = await lab.kubectl(["get", "ingress/foreign", "-o", "jsonpath={.status}"]);
    assert.equal(foreign, '{"loadBalancer":{}}');
  });

  it("says by sekisho explain which object answers a request, and by sekisho check what is wrong with what is served", async () => {
    const cluster = ["--kubeconfig", lab.kubeconfig];
    const url = "https://cafe.example.com/tea";
    const { out, code } = await runCommand(["explain", url, ...cluster]);
    assert.equal(code, 0, out);
    assert.match(out, /^https:\/\/cafe\.example\.com\/tea: forwarded$/m);
    assert.match(out, /^ +Ingress\/default\/cafe spec\.rules\[0\]/m);
    assert.match(out, /^ +endpoints +10\.244\.\d+\.\d+:80/m);
    const checked = await runCommand(["check", ...cluster, "-o", "json"]);
    const { objects, findings } = JSON.parse(checked.out) as {
      readonly objects: number;
      readonly findings: readonly { readonly reason: string; readonly object: string }[];
    };
    // Those of the two examples, the one that is astray, and the host with a password and its Policy.
    assert.equal(objects, 5, checked.out);
    assert.ok(
      findings.some(
        ({ reason, object }) =>
          reason === "ServiceNotFound" && object.startsWith("Ingress/default/astray"),
      ),
      checked.out,
    );
    assert.ok(!checked.out.includes("foreign"), checked.out);
  });

  describe("walkthrough nginx-cafe", { skip: noWalkthroughs }, () => {
    const host = "cert.example.com";
    const there = ["--namespace", "nginx-cafe"];
    const { certificate, key } = selfSigned([host]);

    it("runs by its unchanged Ingress as nginx does, once its class is given to us", async () => {
      const directory = undo.use(walk("nginx-cafe", "cafe.yaml", "cafe-ingress.yaml"));
      const ca = directory.keep("ca.crt", certificate);
      const nginx = {
        apiVersion: "networking.k8s.io/v1",
        kind: "IngressClass",
        metadata: { name: "nginx" },
        spec: { controller: "nginx.org/ingress-controller" },
      };
      await lab.kubectl(["apply", "-f", "-"], JSON.stringify(nginx));
      await lab.kubectl(["create", "namespace", "nginx-cafe"]);
      await lab.kubectl([...there, "apply", "-f", directory.manifests]);
      for (const name of ["tea", "coffee"])
        await lab.kubectl([...there, "rollout", "status", `deployment/${name}`, longest]);
      const ready = ["-o", "jsonpath={.items[*].status.readyReplicas}"];
      assert.equal(await lab.kubectl([...there, "get", "deployments", ...ready]), "2 3");
      await untilServed("cafe-ingress", ...there);
      const sent = await curl(served, `http://${host}/tea`, "-i", ...inAMoment);
      assert.match(sent, /^HTTP\/1.1 301 /);
      assert.match(sent, /^location: https:\/\/cert\.example\.com:443\/tea\r$/im);
      await assert.rejects(curl(served, `https://${host}/tea`, "--cacert", ca), /SSL|TLS|reset/);
      const files = [
        `--cert=${directory.keep("tls.crt", certificate)}`,
        `--key=${directory.keep("tls.key", key)}`,
      ];
      await lab.kubectl([...there, "create", "secret", "tls", "cafe-secret", ...files]);
      const tea = await curl(served, `https://${host}/tea`, "--cacert", ca, ...inAMoment);
      assert.match(tea, /^Server name: tea-/m);
      assert.match(tea, /^Server address: [\d.]+:8080$/m);
      assert.match(tea, /^Request ID: [0-9a-f]{32}$/m);
      const coffee = await curl(served, `https://${host}/coffee`, "--cacert", ca, ...inAMoment);
      assert.match(coffee, /^Server name: coffee-/m);
      const [, row] = await columns("ingress", "cafe-ingress", ...there);
      assert.deepEqual(row?.slice(0, 5), [
        "cafe-ingress",
        "nginx",
        host,
        served.address,
        "80, 443",
      ]);
    });

    it("runs by its unchanged VirtualServer, whose state follows its Secret", async () => {
      const vs = ["--namespace", "nginx-cafe-vs"];
      const directory = undo.use(walk("nginx-cafe", "cafe.yaml", "cafe-virtual-server.yaml"));
      const ca = directory.keep("ca.crt", certificate);
      await lab.kubectl([...there, "delete", "ingress/cafe-ingress", "--ignore-not-found"]);
      await lab.kubectl(["apply", "--server-side", "-f", join(repository, "deploy/crds")]);
      await lab.kubectl(["create", "namespace", "nginx-cafe-vs"]);
      const said = await lab.kubectl([...vs, "apply", "-f", directory.manifests]);
      assert.match(said, /^virtualserver\.k8s\.nginx\.org\/cafe created$/m);
      for (const name of ["tea", "coffee"])
        await lab.kubectl([...vs, "rollout", "status", `deployment/${name}`, longest]);
      const untilState = (state: string): Promise<string> =>
        lab.kubectl([
          ...[...vs, "wait", "virtualserver/cafe", longest],
          `--for=jsonpath={.status.state}=${state}`,
        ]);
      await untilState("Warning");
      const plain = await curl(served, `http://${host}/tea`, ...inAMoment);
      assert.match(plain, /^Server name: tea-/m);
      await assert.rejects(curl(served, `https://${host}/tea`, "--cacert", ca), /SSL|TLS|reset/);
      const files = [
        `--cert=${directory.keep("tls.crt", certificate)}`,
        `--key=${directory.keep("tls.key", key)}`,
      ];
      await lab.kubectl([...vs, "create", "secret", "tls", "cafe-secret", ...files]);
      await untilState("Valid");
      for (const name of ["tea", "coffee"]) {
        const url = `https://${host}/${name}`;
        const answer = await curl(served, url, "--cacert", ca, ...inAMoment);
        assert.match(answer, new RegExp(`^Server name: ${name}-`, "m"));
      }
      const [titles, row] = await columns("virtualservers", ...vs);
      assert.deepEqual(titles, ["NAME", "STATE", "HOST", "IP", "PORTS", "AGE"]);
      assert.deepEqual(row?.slice(0, 5), ["cafe", "Valid", host, served.address, "[80,443]"]);
      const message = await lab.kubectl([
        ...[...vs, "get", "virtualserver/cafe", "-o"],
        "jsonpath={.status.reason}: {.status.message}|",
      ]);
      assert.equal(
        message,
        "AddedOrUpdated: Configuration for nginx-cafe-vs/cafe was added or updated |",
      );
      const events = await lab.kubectl([...vs, "events", "--for", "virtualserver/cafe"]);
      assert.match(events, /Warning +AddedOrUpdatedWithWarning .*cafe-secret/);
      assert.match(events, /Normal +AddedOrUpdated /);
    });
  });
});
