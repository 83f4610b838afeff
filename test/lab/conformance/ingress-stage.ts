/** What one scenario stands on: a namespace with an Ingress and its backends, and the answers received last. */

import assert from "node:assert/strict";
import { load } from "js-yaml";
import { until } from "#test/bench/measure/waiting.ts";
import { selfSigned, tlsSecret } from "#test/simulators/self-signed.ts";
import type { InstalledSekisho } from "../installed-sekisho.ts";
import {
  backendNames,
  type Echo,
  echoBackend,
  type IngressSpec,
  nobodysHost,
  type ServedPlace,
  servedPlaces,
} from "./echo-backends.ts";
import type { Answer, Requester } from "./requester.ts";

/** An event that takes longer does not come; a test never waits that long for one that comes. */
const longestMs = 60_000;
const timeout = `--timeout=${longestMs / 1000}s`;

export interface AskedUrl {
  readonly method: string;
  readonly scheme: "http" | "https";
  readonly host: string;
  readonly path: string;
}

export class IngressStage implements AsyncDisposable {
  readonly #sekisho: InstalledSekisho;
  readonly #requester: Requester;
  readonly #served: ServedPlace[] = [];
  #namespace: string | undefined;
  #ingress: string | undefined;
  #address: string | undefined;
  #trusted: string | undefined;
  #answers: readonly Answer[] = [];

  constructor(sekisho: InstalledSekisho, requester: Requester) {
    this.#sekisho = sekisho;
    this.#requester = requester;
  }

  async createNamespace(): Promise<void> {
    const metadata = { generateName: "ingress-conformance-" };
    const manifest = JSON.stringify({ apiVersion: "v1", kind: "Namespace", metadata });
    const create = ["create", "-f", "-", "-o", "jsonpath={.metadata.name}"];
    this.#namespace = await this.#sekisho.lab.kubectl(create, manifest);
  }

  async createTlsSecret(name: string, host: string): Promise<void> {
    const pair = selfSigned([host]);
    this.#trusted = pair.certificate;
    await this.#create([tlsSecret(name, pair)]);
  }

  /** Its backends first, as the upstream suite does it. */
  async createIngress(manifest: string): Promise<void> {
    const { metadata, spec } = load(manifest) as {
      readonly metadata: { readonly name: string };
      readonly spec: IngressSpec;
    };
    const names = backendNames(spec);
    await this.#create(names.flatMap(echoBackend));
    const available = ["wait", "deployments", "--all", "--for=condition=Available", timeout];
    await this.#kubectl(available);
    this.#served.push(...servedPlaces(spec));
    await this.#kubectl(["create", "-f", "-"], manifest);
    this.#ingress = metadata.name;
  }

  async createIngressWithSpec(name: string, spec: string): Promise<void> {
    const metadata = { name };
    const manifest = { apiVersion: "networking.k8s.io/v1", kind: "Ingress", metadata };
    await this.createIngress(JSON.stringify({ ...manifest, spec: load(spec) }));
  }

  async awaitAddress(): Promise<void> {
    this.#address = await this.#addressOf(this.#ingress ?? "");
  }

  /** Everybody who writes a status has seen this Ingress once a later one has its address. */
  async assertNoAddress(): Promise<void> {
    const name = "seen-later";
    await this.#create([
      {
        apiVersion: "networking.k8s.io/v1",
        kind: "Ingress",
        metadata: { name },
        spec: { rules: [{ host: "seen-later.example" }] },
      },
    ]);
    assert.notEqual(await this.#addressOf(name), "");
    const get = ["get", `ingress/${this.#ingress}`, "-o"];
    assert.equal(await this.#kubectl([...get, "jsonpath={.status.loadBalancer.ingress}"]), "");
  }

  /** Resolves when requests to any proxy reach all of the pods. */
  async scale(deployment: string, replicas: number): Promise<void> {
    await this.#kubectl(["scale", `deployment/${deployment}`, `--replicas=${replicas}`]);
    await this.#kubectl(["rollout", "status", `deployment/${deployment}`, timeout]);
    for (const proxy of this.#sekisho.proxies) {
      const reached = new Set<string>();
      await this.#until(`${replicas} pods behind ${proxy}`, async () => {
        const { body } = await this.#askProxy(proxy, { host: nobodysHost, path: "/" });
        reached.add(readEcho(body).pod);
        return reached.size === replicas;
      });
    }
  }

  async send(url: AskedUrl, times = 1): Promise<void> {
    const address = this.#address ?? assert.fail("no address was waited for");
    const port = url.scheme === "https" ? 443 : 80;
    const sent = {
      ...url,
      // Without a host a client asks for the address.
      host: url.host === "" ? address : url.host,
      address: `${address}:${port}`,
      trusted: this.#trusted,
    };
    const answers: Answer[] = [];
    while (answers.length < times) answers.push(await this.#requester.send(sent));
    this.#answers = answers;
  }

  get answers(): readonly Answer[] {
    return this.#answers;
  }

  get answer(): Answer {
    return this.#answers[0] ?? assert.fail("nothing was sent");
  }

  get echo(): Echo {
    return readEcho(this.answer.body);
  }

  /** Pod → its IP address. */
  async podAddresses(): Promise<ReadonlyMap<string, string>> {
    const path = "{range .items[*]}{.metadata.name} {.status.podIP}{'\\n'}{end}";
    const lines = (await this.#kubectl(["get", "pods", "-o", `jsonpath=${path}`])).split("\n");
    return new Map(lines.filter((line) => line !== "").map((line) => pair(line)));
  }

  /** No proxy serves it any more: the next scenario may ask for the same hosts. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#namespace === undefined) return;
    // A namespace takes its time to get to the Ingresses in it.
    await this.#kubectl(["delete", "ingresses", "--all"]);
    await this.#sekisho.lab.kubectl(["delete", "namespace", this.#namespace, "--wait=false"]);
    for (const proxy of this.#sekisho.proxies) {
      for (const place of this.#served) {
        await this.#until(`the end of ${place.host} on ${proxy}`, async () => {
          return (await this.#askProxy(proxy, place)).status === 404;
        });
      }
    }
  }

  #askProxy(proxy: string, place: ServedPlace): Promise<Answer> {
    const address = `${proxy}:8080`;
    return this.#requester.send({ ...place, method: "GET", scheme: "http", address });
  }

  #until(what: string, isSeen: () => Promise<boolean>): Promise<unknown> {
    return until(isSeen, { what, longestMs, everyMs: 20 });
  }

  async #addressOf(ingress: string): Promise<string> {
    const path = "{.status.loadBalancer.ingress[0]}";
    const wait = ["wait", `ingress/${ingress}`, `--for=jsonpath=${path}`, timeout];
    const shown = await this.#kubectl([...wait, "-o", `jsonpath=${path}`]);
    const { ip, hostname } = JSON.parse(shown) as {
      readonly ip?: string;
      readonly hostname?: string;
    };
    return ip ?? hostname ?? "";
  }

  async #create(items: readonly object[]): Promise<void> {
    const list = { apiVersion: "v1", kind: "List", items };
    await this.#kubectl(["create", "-f", "-"], JSON.stringify(list));
  }

  #kubectl(args: readonly string[], input?: string): Promise<string> {
    const namespace = this.#namespace ?? assert.fail("there is no namespace yet");
    return this.#sekisho.lab.kubectl([`--namespace=${namespace}`, ...args], input);
  }
}

export function readEcho(body: string): Echo {
  try {
    return JSON.parse(body) as Echo;
  } catch (error) {
    throw new Error(`no echo answered, but ${JSON.stringify(body)}`, { cause: error });
  }
}

function pair(line: string): [string, string] {
  const [name = "", address = ""] = line.split(" ");
  return [name, address];
}
