/** The roles in deploy/ are exactly what the controller makes use of, by the API server's audit log. */

import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { after, before, describe, it } from "node:test";
import { createTicketSeed } from "#crypto/ticket-key.ts";
import { certificateKind } from "#kinds/cert-manager/certificate.ts";
import { createAuthority, formatAuthority } from "#proxies/kubernetes/xds-authority.ts";
import { authoritySecretName } from "#proxies/kubernetes/xds-secrets.ts";
import { ticketSecretName } from "#proxies/session-tickets/ticket-keeper.ts";
import { SimulatedProxy } from "#test/fakes/simulated-proxy.ts";
import { selfSigned, tlsSecret } from "#test/simulators/self-signed.ts";
import { repository } from "#test/system/harness/program.ts";
import { commandsIn } from "#test/system/harness/readme.ts";
import { type AuditedRequest, AuditLog } from "./audit-log.ts";
import { skipWithoutLab } from "./build/requirements.ts";
import { looseDefinition } from "./cluster-harness.ts";
import { grantsOf, unusedGrants } from "./grants.ts";
import { installSekisho } from "./installed-sekisho.ts";
import type { Lab } from "./lab.ts";
import { startLab } from "./lab.ts";
import { openReplica, replicaNames } from "./replica.ts";

const skip = await skipWithoutLab();
const longest = "--timeout=120s";
const namespace = "sekisho-system";
const system = `--namespace=${namespace}`;
const account = { namespace, name: "sekisho-controller" };

type Manifest = { readonly kind: string; readonly [field: string]: unknown };

function namespaceNamed(name: string): Manifest {
  return { apiVersion: "v1", kind: "Namespace", metadata: { name } };
}

/** An Ingress for a Service that nobody is behind, over HTTPS where it names a Secret. */
function ingress(name: string, service: string, secretName?: string): Manifest {
  const host = `${name}.example`;
  const backend = { service: { name: service, port: { number: 80 } } };
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: { name },
    spec: {
      ingressClassName: "sekisho",
      ...(secretName === undefined ? {} : { tls: [{ hosts: [host], secretName }] }),
      rules: [{ host, http: { paths: [{ path: "/", pathType: "Prefix", backend }] } }],
    },
  };
}

/** A VirtualServer with one path in the hands of a VirtualServerRoute, both answered by a Service, and a Policy beside them. */
function servers(name: string, service: string): readonly Manifest[] {
  const host = `${name}.example`;
  const upstreams = [{ name: "all", service, port: 80 }];
  const own = [{ path: "/", action: { pass: "all" } }];
  const of = (kind: string, spec: object): Manifest => ({
    ...{ apiVersion: "k8s.nginx.org/v1", kind, metadata: { name } },
    spec: { host, upstreams, ...spec },
  });
  return [
    of("VirtualServer", { routes: [...own, { path: "/part", route: name }] }),
    of("VirtualServerRoute", { subroutes: [{ path: "/part", action: { pass: "all" } }] }),
    {
      ...{ apiVersion: "k8s.nginx.org/v1", kind: "Policy", metadata: { name } },
      spec: { accessControl: { allow: ["10.0.0.0/8"] } },
    },
  ];
}

/** A TransportServer at a port of its own. */
function stream(name: string, service: string, port: number): readonly Manifest[] {
  const of = (kind: string, spec: object): Manifest => ({
    ...{ apiVersion: "k8s.nginx.org/v1", kind, metadata: { name }, spec },
  });
  return [
    of("GlobalConfiguration", { listeners: [{ name, protocol: "TCP", port }] }),
    of("TransportServer", {
      listener: { name, protocol: "TCP" },
      upstreams: [{ name: "all", service, port: 80 }],
      action: { pass: "all" },
    }),
  ];
}

/** A VirtualServer that asks for a certificate. */
function askingServer(name: string, secret: string, labels: object = {}): Manifest {
  const tls = { secret, "cert-manager": { "cluster-issuer": "nobody" } };
  const metadata = { name, labels };
  const spec = { host: `${name}.example`, tls };
  return { apiVersion: "k8s.nginx.org/v1", kind: "VirtualServer", metadata, spec };
}

/** A VirtualServer that asks for DNS records. */
function namedServer(name: string, externalDNS: object): Manifest {
  const spec = { host: `${name}.example`, externalDNS };
  return { apiVersion: "k8s.nginx.org/v1", kind: "VirtualServer", metadata: { name }, spec };
}

function service(name: string): Manifest {
  const spec = { selector: { serves: name }, ports: [{ port: 80 }] };
  return { apiVersion: "v1", kind: "Service", metadata: { name }, spec };
}

/** An authority of last winter, for which the next root is due. */
function oldAuthority(): Manifest {
  const values = formatAuthority(
    createAuthority(Temporal.Now.instant().subtract({ hours: 300 * 24 })),
  );
  const data = Object.entries(values).map(([key, value]) => [
    key,
    Buffer.from(value).toString("base64"),
  ]);
  const metadata = { name: authoritySecretName };
  return { apiVersion: "v1", kind: "Secret", metadata, data: Object.fromEntries(data) };
}

/** What a replica of a day ago left: a seed whose successor is due. */
function oldTickets(): Manifest {
  const seed = Buffer.from(createTicketSeed().reveal()).toString("base64");
  const madeAt = Temporal.Now.instant().subtract({ hours: 24 });
  const metadata = { name: ticketSecretName };
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata,
    stringData: { seeds: `${madeAt} ${seed}\n` },
  };
}

function denied(requests: readonly AuditedRequest[]): readonly string[] {
  return requests
    .filter(({ status }) => status === 401 || status === 403)
    .map(({ status, verb, path }) => `${status} ${verb} ${path}`);
}

describe("the roles in deploy/", { skip }, () => {
  const undo = new AsyncDisposableStack();
  const audit = undo.use(new AuditLog(`${namespace}:${account.name}`));
  let lab: Lab;

  before(async () => {
    lab = undo.use(
      await startLab({
        // Lists are asked for by servers that do not stream them into a watch, as those before Kubernetes 1.34.
        apiserverFlags: [...audit.flags, "--feature-gates=WatchList=false"],
      }),
    );
    await apply("", ...[namespace, "team-a", "team-b", "team-c"].map(namespaceNamed));
    await apply(namespace, oldAuthority(), oldTickets());
    await lab.kubectl(["apply", "-f", "-"], JSON.stringify(looseDefinition(certificateKind)));
    await installSekisho(lab);
    // Later than the controller, which begins to watch them then.
    await lab.kubectl(["apply", "--server-side", "-f", join(repository, "deploy/crds")]);
  });
  after(() => undo.disposeAsync());

  async function apply(into: string, ...items: readonly Manifest[]): Promise<void> {
    const list = { apiVersion: "v1", kind: "List", items };
    const place = into === "" ? [] : [`--namespace=${into}`];
    await lab.kubectl([...place, "apply", "-f", "-"], JSON.stringify(list));
  }

  async function untilServed(into: string, name: string): Promise<void> {
    const address = "--for=jsonpath={.status.loadBalancer.ingress[0].ip}";
    await lab.kubectl(["wait", `ingress/${name}`, `--namespace=${into}`, address, longest]);
  }

  async function untilValid(into: string, name: string): Promise<void> {
    const kinds = ["virtualserver", "virtualserverroute", "policy.k8s.nginx.org"].map(
      (kind) => `${kind}/${name}`,
    );
    const state = "--for=jsonpath={.status.state}=Valid";
    await lab.kubectl(["wait", ...kinds, `--namespace=${into}`, state, longest]);
  }

  /** A TransportServer is Valid, and the Service of the proxies leads to its port. */
  async function untilPiped(into: string, name: string, port: number): Promise<void> {
    const state = "--for=jsonpath={.status.state}=Valid";
    await lab.kubectl(["wait", `transportserver/${name}`, `--namespace=${into}`, state, longest]);
    const entry = `--for=jsonpath={.spec.ports[?(@.name=="sekisho-tcp-${port}")].port}=${port}`;
    await lab.kubectl(["wait", "service/sekisho", system, entry, longest]);
  }

  /** A VirtualServer has a Certificate made, changed, and removed for another. */
  async function askForCertificates(into: string, name: string): Promise<void> {
    const wait = (what: string, until: string): Promise<string> =>
      lab.kubectl(["wait", what, `--namespace=${into}`, until, longest]);
    await apply(into, askingServer(name, name));
    await wait(`certificate/${name}`, "--for=create");
    await apply(into, askingServer(name, name, { tier: "gold" }));
    await wait(`certificate/${name}`, "--for=jsonpath={.metadata.labels.tier}=gold");
    await apply(into, askingServer(name, `${name}-next`));
    await wait(`certificate/${name}`, "--for=delete");
    await wait(`certificate/${name}-next`, "--for=create");
  }

  /** A VirtualServer has a DNSEndpoint made, changed, and removed. */
  async function askForRecords(into: string, name: string): Promise<void> {
    const wait = (until: string): Promise<string> =>
      lab.kubectl(["wait", `dnsendpoint/${name}`, `--namespace=${into}`, until, longest]);
    await apply(into, namedServer(name, { enable: true }));
    await wait("--for=create");
    await apply(into, namedServer(name, { enable: true, recordTTL: 60 }));
    await wait("--for=jsonpath={.spec.endpoints[0].recordTTL}=60");
    await apply(into, namedServer(name, { enable: false }));
    await wait("--for=delete");
  }

  /** The Event about an Ingress with that reason, once `condition` holds for it. */
  async function untilEvent(
    into: string,
    about: string,
    reason: string,
    condition: string,
  ): Promise<void> {
    const selector = `--field-selector=involvedObject.name=${about},reason=${reason}`;
    await lab.kubectl(["wait", "event", `--namespace=${into}`, selector, `--for=create`, longest]);
    await lab.kubectl(["wait", "event", `--namespace=${into}`, selector, condition, longest]);
  }

  /** A proxy refuses the cluster of a Service until its Ingress is gone. */
  async function quarantine(into: string, name: string): Promise<void> {
    await apply(into, service(name), ingress(name, name));
    const [first = ""] = await replicaNames(lab);
    await using replica = await openReplica(lab, first);
    const proxy = new SimulatedProxy(replica.client("refusing"), {
      refuses: (type, resource) => type === "cluster" && resource.includes(name),
    });
    const record = ["configmap/sekisho-quarantine", system, longest];
    await lab.kubectl(["wait", "--for=create", ...record]);
    await lab.kubectl(["delete", `ingress/${name}`, `--namespace=${into}`]);
    await lab.kubectl(["wait", "--for=delete", ...record]);
    assert.notEqual(proxy.resources, 0);
  }

  async function replaceLeader(): Promise<void> {
    const lease = ["get", "lease/sekisho-controller", system, "-o"];
    const leader = await lab.kubectl([...lease, "jsonpath={.spec.holderIdentity}"]);
    await lab.kubectl(["delete", `pod/${leader}`, system]);
  }

  async function useEverything(): Promise<void> {
    await apply("team-a", service("shop"), tlsSecret("shop", selfSigned(["shop.example"])));
    await apply("team-a", ingress("shop", "shop", "shop"), ingress("astray", "nobody"));
    await apply("team-a", ...servers("fair", "shop"), ...stream("pipe", "shop", 27_017));
    await untilServed("team-a", "shop");
    await untilValid("team-a", "fair");
    await untilPiped("team-a", "pipe", 27_017);
    await askForCertificates("team-a", "asking");
    await askForRecords("team-a", "named");
    await untilEvent("team-a", "astray", "ServiceNotFound", "--for=create");
    await quarantine("team-a", "refused");
    await replaceLeader();
    // The next leader finds the same again.
    await untilEvent("team-a", "astray", "ServiceNotFound", "--for=jsonpath={.series.count}=2");
  }

  it("deny the controller nothing, and grant nothing that it does not make use of", async () => {
    // Also when something does not come: what was denied says why.
    await useEverything().finally(() => assert.deepEqual(denied(audit.requests()), []));
    assert.deepEqual(unusedGrants(await grantsOf(lab, account), audit.requests()), []);
  });

  it("are enough for some namespaces, bound as docs/kubernetes.md says; no Secret is asked for elsewhere", async () => {
    await apply("team-b", service("shop"), tlsSecret("shop", selfSigned(["shop-b.example"])));
    await apply("team-b", ingress("shop-b", "shop", "shop"));
    await apply("team-c", service("shop"), tlsSecret("shop", selfSigned(["shop-c.example"])));
    await apply("team-c", ingress("shop-c", "shop", "shop"));
    await runDocumented(lab, "Only some namespaces");
    await untilEvent("team-b", "shop-b", "SecretNotGranted", "--for=create");
    await apply("team-a", service("shop"), tlsSecret("shop", selfSigned(["shop.example"])));
    await apply("team-a", ingress("second", "shop", "shop"));
    await apply("team-a", ...servers("market", "shop"));
    // The older GlobalConfiguration is in force.
    await lab.kubectl(["delete", "globalconfiguration/pipe", "--namespace=team-a"]);
    await apply("team-a", ...stream("conduit", "shop", 27_018));
    await untilServed("team-a", "second");
    await untilValid("team-a", "market");
    await untilPiped("team-a", "conduit", 27_018);
    await askForCertificates("team-a", "asking-more");
    await askForRecords("team-a", "named-more");
    const pods = await replicaNames(lab);
    const requests = audit.requests().filter(({ pod }) => pods.includes(pod));
    assert.deepEqual(denied(requests), []);
    const reads = requests.filter(({ resource }) => resource === "secrets");
    assert.deepEqual([...new Set(reads.map((request) => request.namespace))].sort(), [
      namespace,
      "team-a",
    ]);
    assert.deepEqual(
      requests.filter((request) => request.namespace === "team-c"),
      [],
    );
    const grants = await grantsOf(lab, account);
    assert.deepEqual(
      unusedGrants(
        grants.filter(({ role }) => role.startsWith("ClusterRole")),
        requests,
      ),
      [],
    );
  });
});

/** Runs the commands below a heading of docs/kubernetes.md with the real kubectl. */
async function runDocumented(lab: Lab, heading: string): Promise<void> {
  const page = readFileSync(join(repository, "docs/kubernetes.md"), "utf8");
  const section = page.split(/^## /m).find((part) => part.startsWith(heading)) ?? "";
  const commands = commandsIn(section);
  assert.notEqual(commands.length, 0);
  for (const { shell } of commands) {
    const child = lab.enter(["timeout", "120", "sh", "-ec", shell], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    assert.ok(child.stderr !== null);
    const [complaint, [code]] = await Promise.all([text(child.stderr), once(child, "close")]);
    assert.equal(code, 0, complaint);
  }
}
