/** Replicas of the control plane are of one mind: a proxy cannot tell which of them it is connected to. */

import assert from "node:assert/strict";
import { once } from "node:events";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type ResourceType, typeUrls } from "#envoy/resource.ts";
import type { ProxyStatus } from "#gate/statuses/gate-status.ts";
import { until } from "#test/bench/measure/waiting.ts";
import type { Delivery } from "#test/fakes/delta-client.ts";
import { SimulatedProxy } from "#test/fakes/simulated-proxy.ts";
import { repository } from "#test/system/harness/program.ts";
import { skipWithoutLab } from "./build/requirements.ts";
import { installSekisho } from "./installed-sekisho.ts";
import type { Lab } from "./lab.ts";
import { startLab } from "./lab.ts";
import { openReplica, type Replica, replicaNames } from "./replica.ts";

type ServedType = ProxyStatus["types"][number];

const skip = await skipWithoutLab();
const longest = "--timeout=120s";
const system = "--namespace=sekisho-system";
const certificate = "default/cafe-certificate";

/** A proxy that also asks for the certificate, and what it was sent. */
class Listener {
  readonly proxy: SimulatedProxy;
  /** `TYPE NAME VERSION` → content in hexadecimal. */
  readonly contents = new Map<string, string>();
  readonly #heard = new EventTarget();
  #barriers = 0;
  #passed = 0;

  constructor(replica: Replica, node: string, earlier?: Listener) {
    const heard = (delivery: Delivery): void => this.#hear(delivery);
    const client = replica.client(node);
    this.proxy = new SimulatedProxy(client, { heard, earlier: earlier?.proxy });
    const known = [...(earlier?.proxy.versions("secret") ?? [])];
    client.ask("secret", {
      subscribe: [certificate],
      initialVersions: Object.fromEntries(known),
    });
  }

  /** Resolves once everything that was asked for is answered: a scope that nobody has is answered after it. */
  async settled(): Promise<void> {
    // What the first answers name is asked for, and named again by nothing.
    for (let round = 0; round < 3; round += 1) {
      this.#barriers += 1;
      this.proxy.client.ask("scope", { subscribe: [`barrier-${this.#barriers}`] });
      while (this.#passed < this.#barriers) await once(this.#heard, "heard");
    }
  }

  #hear({ type, versions, contents, removed }: Delivery): void {
    for (const [name, version] of Object.entries(versions)) {
      const content = Buffer.from(contents[name] ?? []).toString("hex");
      this.contents.set(`${type} ${name} ${version}`, content);
    }
    if (removed.includes(`barrier-${this.#barriers}`)) this.#passed = this.#barriers;
    this.#heard.dispatchEvent(new Event("heard"));
  }
}

describe("two replicas", { skip }, () => {
  const undo = new AsyncDisposableStack();
  let lab: Lab;

  before(async () => {
    lab = undo.use(await startLab());
    await lab.kubectl(["apply", "-f", join(repository, "examples/cafe")]);
    await installSekisho(lab);
    for (const name of ["tea", "coffee"])
      await lab.kubectl(["rollout", "status", `deployment/${name}`, longest]);
    const address = "--for=jsonpath={.status.loadBalancer.ingress[0].ip}";
    await lab.kubectl(["wait", "ingress/cafe", address, longest]);
  });
  after(() => undo.disposeAsync());

  it("serve the same bytes, and a client that moves from one to the other is sent nothing", async () => {
    const [one = "", two = ""] = await replicaNames(lab);
    await using first = await openReplica(lab, one);
    await using second = await openReplica(lab, two);
    const here = new Listener(first, "here");
    const there = new Listener(second, "there");
    await Promise.all([here.settled(), there.settled()]);
    const types = new Set([...here.contents.keys()].map((key) => key.split(" ")[0]));
    // Policies are for the adapters beside Envoys.
    const served = Object.keys(typeUrls).filter((type) => type !== "policy");
    assert.deepEqual([...types].sort(), served.sort());
    assert.deepEqual(sorted(there.contents), sorted(here.contents));
    const moved = new Listener(second, "moved", here);
    await moved.settled();
    assert.deepEqual([...moved.contents.keys()], []);
    assert.equal(moved.proxy.resources, 0);
  });

  it("write a status when the proxies of each have acknowledged, not before", async () => {
    const lease = ["get", "lease", "sekisho-controller", system];
    const leader = await lab.kubectl([...lease, "-o", "jsonpath={.spec.holderIdentity}"]);
    const [follower = ""] = (await replicaNames(lab)).filter((name) => name !== leader);
    await using replica = await openReplica(lab, follower);
    const allowed = Promise.withResolvers<void>();
    let holdsBack = false;
    const mayAnswer = async (): Promise<void> => {
      if (holdsBack) await allowed.promise;
    };
    const heard = new EventTarget();
    const proxy = new SimulatedProxy(replica.client("slow"), {
      mayAnswer,
      heard: () => void heard.dispatchEvent(new Event("heard")),
    });
    while (proxy.versions("scope").size === 0) await once(heard, "heard");
    holdsBack = true;
    const unsettled = await answers(replica, "no");
    const rule = ["--class=sekisho", "--rule=slow.example/*=tea:80"];
    await lab.kubectl(["create", "ingress", "slow", ...rule]);
    // The leader has asked, and was told that somebody lacks what it asked for.
    const isAsked = async (): Promise<boolean> => (await answers(replica, "no")) > unsettled;
    await until(isAsked, { what: "a question", longestMs: 60_000, everyMs: 20 });
    const status = ["get", "ingress", "slow", "-o", "jsonpath={.status.loadBalancer}"];
    assert.equal(await lab.kubectl(status), "{}");
    allowed.resolve();
    const address = "--for=jsonpath={.status.loadBalancer.ingress[0].ip}";
    await lab.kubectl(["wait", "ingress/slow", address, longest]);
    assert.ok(proxy.versions("scope").has("host/slow.example"));
    await lab.kubectl(["delete", "ingress", "slow"]);
  });

  it("hand Envoys over to each other without a byte of a resource", async () => {
    // One replica serves all proxies, then a second one starts, then the first goes.
    await scale(1);
    const [leaving = ""] = await replicaNames(lab);
    await untilServing(leaving, 2);
    await scale(2);
    const [staying = ""] = (await replicaNames(lab)).filter((name) => name !== leaving);
    await using replica = await openReplica(lab, staying);
    assert.equal(await sentBytes(replica), 0);
    const cheap = "controller.kubernetes.io/pod-deletion-cost=-1";
    await lab.kubectl(["annotate", "pod", leaving, cheap, system]);
    await scale(1);
    await untilServing(staying, 2);
    assert.equal(await sentBytes(replica), 0);
    // What comes next is all that they are sent: a host, for a Service that they know.
    await lab.kubectl([
      "create",
      "ingress",
      "next",
      "--class=sekisho",
      "--rule=next.example/*=tea:80",
    ]);
    await untilServing(
      staying,
      2,
      ({ type, acknowledged }) => type !== "scope" || acknowledged > 0,
    );
    for (const type of ["cluster", "endpoints", "listener", "secret"] as const)
      assert.equal(await sentBytes(replica, type), 0, type);
    assert.notEqual(await sentBytes(replica, "routes"), 0);
  });

  async function scale(replicas: number): Promise<void> {
    const deployment = "deployment/sekisho-controller";
    await lab.kubectl(["scale", deployment, system, `--replicas=${replicas}`]);
    await lab.kubectl(["rollout", "status", deployment, system, longest]);
    await until(async () => (await replicaNames(lab)).length === replicas, {
      what: `${replicas} replicas`,
      longestMs: 60_000,
      everyMs: 50,
    });
  }

  /** Until so many Envoys are connected to a replica, and each of their types `isSo`. */
  async function untilServing(
    name: string,
    envoys: number,
    isSo: (type: ServedType) => boolean = () => true,
  ): Promise<void> {
    await using replica = await openReplica(lab, name);
    const isServing = async (): Promise<boolean> => {
      const { proxies } = JSON.parse(await replica.page("/status")) as {
        readonly proxies: readonly { readonly types: readonly ServedType[] }[];
      };
      return proxies.length === envoys && proxies.every(({ types }) => types.every(isSo));
    };
    await until(isServing, { what: `${envoys} Envoys at ${name}`, longestMs: 60_000, everyMs: 50 });
  }
});

function sorted(contents: ReadonlyMap<string, string>): readonly (readonly [string, string])[] {
  return [...contents].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** How many questions of others a replica has answered so. */
async function answers(replica: Replica, settled: "yes" | "no"): Promise<number> {
  const sample = `sekisho_replica_answers_total\\{settled="${settled}"\\} (\\d+)`;
  return Number(new RegExp(sample).exec(await replica.page("/metrics"))?.[1] ?? 0);
}

/** Bytes of resources and removed names that a replica has sent, of one type or of all. */
async function sentBytes(replica: Replica, type?: ResourceType): Promise<number> {
  const text = await replica.page("/metrics");
  const samples = text.matchAll(/^sekisho_xds_bytes_total\{type="(\w+)"\} (\d+)$/gm);
  return [...samples]
    .filter(([, found]) => type === undefined || found === type)
    .reduce((sum, [, , value]) => sum + Number(value), 0);
}
