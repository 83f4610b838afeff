/**
 * In a cluster nothing is lost either: two replicas, two proxies, requests all the time, and one part after another fails,
 * restarts or is replaced; at the end the way to the API server, too.
 *
 * SEKISHO_SOAK_CLUSTER_REQUESTS sets how many requests each fault sees at least (default 10,000, at 200 a second).
 */

import assert from "node:assert/strict";
import { once } from "node:events";
import { join } from "node:path";
import { after, before, describe, it, type TestContext } from "node:test";
import { createClock } from "#runtime/real-clock.ts";
import { until } from "#test/bench/measure/waiting.ts";
import { skipWithoutLab } from "#test/lab/build/requirements.ts";
import { type InstalledSekisho, installSekisho } from "#test/lab/installed-sekisho.ts";
import { type Lab, startLab } from "#test/lab/lab.ts";
import { openReplica, replicaNames } from "#test/lab/replica.ts";
import { repository } from "#test/system/harness/program.ts";
import { type ApiDetour, openDetour } from "./api-detour.ts";
import { SteadyLoad } from "./steady-load.ts";

const skip = await skipWithoutLab();
const fewest = Number(process.env["SEKISHO_SOAK_CLUSTER_REQUESTS"] ?? 10_000);
const perSecond = 200;
const system = "--namespace=sekisho-system";
const longest = "--timeout=300s";
const clock = createClock();

describe("a cluster under faults", { skip }, () => {
  const undo = new AsyncDisposableStack();
  let lab: Lab;
  let served: InstalledSekisho;
  let port = 0;

  before(async () => {
    lab = undo.use(await startLab());
    served = await installSekisho(lab);
    await lab.kubectl(["apply", "-f", join(repository, "examples/cafe")]);
    for (const name of ["tea", "coffee"])
      await lab.kubectl(["rollout", "status", `deployment/${name}`, longest]);
    const address = "--for=jsonpath={.status.loadBalancer.ingress[0].ip}";
    await lab.kubectl(["wait", "ingress/cafe", address, longest]);
    const forward = undo.use(await lab.forward(`${served.address}:80`));
    port = forward.port;
  });
  after(() => undo.disposeAsync());

  const pause = (seconds: number): Promise<void> =>
    clock.sleep(Temporal.Duration.from({ seconds }));

  /** Asks while something happens, and until there were enough requests. */
  async function unharmed(t: TestContext, happen: () => Promise<unknown>): Promise<void> {
    const load = new SteadyLoad(clock, port, new URL("http://cafe.example.com/tea"));
    load.start(perSecond);
    await happen();
    while (load.requests < fewest) await pause(1);
    const { requests, failed, failedCount } = await load.stop();
    t.diagnostic(`${requests} requests, ${failedCount} failed`);
    assert.deepEqual(failed, []);
  }

  async function leader(): Promise<string> {
    const holder = "jsonpath={.spec.holderIdentity}";
    return await lab.kubectl(["get", "lease/sekisho-controller", system, "-o", holder]);
  }

  async function restarted(name: string, ...where: readonly string[]): Promise<void> {
    await lab.kubectl(["rollout", "restart", `deployment/${name}`, ...where]);
    await lab.kubectl(["rollout", "status", `deployment/${name}`, ...where, longest]);
  }

  it("loses nothing while the API server is away for 60 seconds", async (t) => {
    await unharmed(t, async () => {
      await lab.order("kill", "apiserver");
      await pause(60);
      await lab.order("start", "apiserver");
    });
  });

  it("loses nothing while etcd restarts", async (t) => {
    await unharmed(t, async () => {
      // Politely: a lab's etcd syncs nothing to its disk, so a killed one would forget what it had promised.
      await lab.order("stop", "etcd");
      await pause(5);
      await lab.order("start", "etcd");
    });
  });

  it("loses nothing when the leader is killed, and another leads", async (t) => {
    await unharmed(t, async () => {
      const killed = await leader();
      await lab.kubectl(["delete", "pod", killed, system, "--grace-period=0", "--force"]);
      while ((await leader()) === killed) await pause(1);
    });
  });

  it("loses nothing when a proxy is deleted", async (t) => {
    await unharmed(t, async () => {
      const proxies = ["--selector=app.kubernetes.io/name=sekisho-proxy", system];
      const first = ["get", "pods", ...proxies, "-o", "jsonpath={.items[0].metadata.name}"];
      await lab.kubectl(["delete", "pod", await lab.kubectl(first), system]);
    });
  });

  it("loses nothing while the pods behind it are rolled", async (t) => {
    await unharmed(t, () => restarted("tea"));
  });

  it("loses nothing while the control plane is rolled", async (t) => {
    await unharmed(t, () => restarted("sekisho-controller", system));
  });

  it("loses nothing while the proxies are rolled", async (t) => {
    await unharmed(t, () => restarted("sekisho-proxy", system));
  });

  describe("with a bad way to the API server", () => {
    let detour: ApiDetour;

    before(async () => {
      detour = undo.use(await openDetour(lab));
      const { host, port: through } = detour;
      const way = [`KUBERNETES_SERVICE_HOST=${host}`, `KUBERNETES_SERVICE_PORT=${through}`];
      await lab.kubectl(["set", "env", "deployment/sekisho-controller", system, ...way]);
      await lab.kubectl(["rollout", "status", "deployment/sekisho-controller", system, longest]);
    });

    async function create(...names: readonly string[]): Promise<void> {
      for (const name of names) {
        const rule = `--rule=${name}.example/*=tea:80`;
        await lab.kubectl(["create", "ingress", name, "--class=sekisho", rule]);
      }
    }

    /** How many objects each replica serves. */
    async function servedCounts(): Promise<readonly number[]> {
      const names = await replicaNames(lab);
      return await Promise.all(
        names.map(async (name) => {
          await using replica = await openReplica(lab, name);
          return (JSON.parse(await replica.page("/status")) as { readonly served: number }).served;
        }),
      );
    }

    /** Until both replicas serve so many objects. */
    async function untilServed(count: number): Promise<void> {
      await until(async () => (await servedCounts()).join() === [count, count].join(), {
        what: `${count} objects at both replicas`,
        longestMs: 300_000,
        everyMs: 1000,
      });
    }

    /** Lines of both replicas' logs that say it. */
    async function logged(what: RegExp): Promise<readonly string[]> {
      const names = await replicaNames(lab);
      const logs = names.map((name) => lab.kubectl(["logs", name, system]));
      return (await Promise.all(logs)).map((log) => what.exec(log)?.[0] ?? "");
    }

    it("loses nothing when watches stall, which is noticed and made up for", async (t) => {
      await untilServed(1);
      await unharmed(t, async () => {
        await detour.order("freeze");
        await create("unseen");
        await untilServed(2);
      });
      assert.deepEqual(
        await logged(/the watch of ingresses stalled/),
        Array(2).fill("the watch of ingresses stalled"),
      );
    });

    it("loses nothing when the API server has forgotten what was last seen (410 Gone)", async (t) => {
      await unharmed(t, async () => {
        await detour.order("leave");
        await create("fresh", "fresher");
        await lab.kubectl(["delete", "ingress/unseen"]);
        await forgetHistory();
        await detour.order("return");
        await untilServed(3);
      });
      const gone = await logged(/too old resource version/);
      assert.deepEqual(gone, Array(2).fill("too old resource version"));
    });

    /** Of etcd and of the API server, which remembers by itself for a while. */
    async function forgetHistory(): Promise<void> {
      const revision = await lab.kubectl(["get", "--raw", "/api/v1/namespaces?limit=1"]);
      const { metadata } = JSON.parse(revision) as { metadata: { resourceVersion: string } };
      const compaction = { revision: metadata.resourceVersion, physical: true };
      const url = "http://127.0.0.1:2379/v3/kv/compaction";
      const curl = ["curl", "-sSf", "-q", "--noproxy", "*", "-d", JSON.stringify(compaction), url];
      const child = lab.enter(["timeout", "60", ...curl], {
        stdio: ["ignore", "ignore", "inherit"],
      });
      assert.deepEqual((await once(child, "exit"))[0], 0);
      await lab.order("kill", "apiserver");
      await lab.order("start", "apiserver");
    }
  });
});
