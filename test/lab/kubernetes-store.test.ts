/** The object store over a real API server: the contract, and what only such a store does. */

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { ingressKind } from "#kinds/ingress.ts";
import type { KubeObject } from "#kinds/object.ts";
import { secretKind } from "#kinds/secret.ts";
import { createClusterEvents } from "#status/cluster-events.ts";
import { storeContract } from "#store/contract.ts";
import type { KubernetesStore } from "#store/kubernetes/kubernetes-store.ts";
import type { ListWatchStep } from "#store/kubernetes/list-watch.ts";
import type { Draft } from "#store/object-store.ts";
import { runCommand } from "#test/system/harness/commands.ts";
import { skipWithoutLab } from "./build/requirements.ts";
import { type LabCluster, startLabCluster, widget, widgetDefinition } from "./cluster-harness.ts";

const skip = await skipWithoutLab();

describe("with a real API server", { skip }, () => {
  let cluster: LabCluster;
  let opened = 0;

  before(async () => {
    cluster = await startLabCluster();
    // Its history begins with the definition: what was before is not known.
    await cluster.lab.kubectl(["apply", "-f", "-"], widgetDefinition);
    await cluster.lab.kubectl(["wait", "--for=condition=Established", "crd/widgets.example.com"]);
  });
  after(() => cluster[Symbol.asyncDispose]());

  storeContract("the store of an API server", async () => {
    opened += 1;
    const namespaces = [`contract-${opened}-a`, `contract-${opened}-b`] as const;
    for (const name of namespaces) await cluster.createNamespace(name);
    const store = cluster.store({ namespaces });
    return {
      store,
      namespaces,
      forgotten: { [widget.id]: `${namespaces[0]}=1` },
      settle: async () => undefined,
      close: async () => store.close(),
    };
  });

  test("a list that takes several pages, and a streaming list, are whole and agree", async () => {
    await cluster.createNamespace("many");
    const store = cluster.store();
    const names = Array.from({ length: 520 }, (_, index) => `s-${1000 + index}`);
    await Promise.all(names.map((name) => store.create(ingress("many", name))));
    const { items } = await store.list(ingressKind.id, "many");
    assert.deepEqual(items.map(nameOf), names);
    const collection = { resource: ingressKind, namespace: "many", form: "whole" } as const;
    const [listed] = await steps(store, collection, 1);
    assert.equal(listed?.kind, "listed");
    assert.deepEqual(listed.kind === "listed" && listed.objects.map(nameOf).sort(), names);
  });

  test("of Secrets the metadata alone is sent where it is asked for", async () => {
    await cluster.createNamespace("metadata");
    const store = cluster.store();
    const metadata = { name: "s", namespace: "metadata", labels: { l: "1" } };
    const body = { type: "Opaque", data: { key: "dmFsdWU=" } };
    await store.create({ apiVersion: "v1", kind: "Secret", metadata, body });
    const collection = { resource: secretKind, namespace: "metadata", form: "metadata" } as const;
    const [listed] = await steps(store, collection, 1);
    const [secret] = listed?.kind === "listed" ? listed.objects : [];
    assert.deepEqual(secret?.body, {});
    assert.equal(secret?.kind, "Secret");
    assert.deepEqual(secret?.metadata.labels, { l: "1" });
  });

  test("fields of a kind that we do not know survive a replacement", async () => {
    await cluster.createNamespace("unknown");
    const store = cluster.store();
    const metadata = { name: "w", namespace: "unknown" };
    const draft = { apiVersion: "example.com/v1", kind: "Widget", metadata };
    const body = { spec: { size: 1, deep: { er: [1, "2"] } }, beside: true };
    const created = await store.create({ ...draft, body });
    const key = { kind: widget.id, namespace: "unknown", name: "w" };
    const replaced = await store.replace(
      key,
      { ...draft, body: { ...created.body, more: 1 } },
      created.metadata.resourceVersion,
    );
    assert.deepEqual(replaced.body, { ...body, more: 1 });
  });

  test("events that happen again are one object, which kubectl and Sekisho show with its count", async () => {
    await cluster.createNamespace("events");
    const store = cluster.store();
    const about = await store.create(ingress("events", "cafe"));
    const said = { fieldPath: "spec", type: "Warning", reason: "Wrong", message: "no" } as const;
    for (const instance of ["a", "b", "c"]) {
      const recorder = createClusterEvents({ now: cluster.deps.clock.now, store }, instance);
      await recorder.record({ ...said, id: "1", about });
    }
    const printed = await cluster.lab.kubectl(["describe", "ingress", "cafe", "-n", "events"]);
    assert.match(printed, /Warning +Wrong .*\(x3 over .*sekisho +spec: no/);
    const named = ["-n", "events", "--kubeconfig", cluster.lab.kubeconfig];
    const { out } = await runCommand(["describe", "ingress", "cafe", ...named]);
    assert.match(out, /Warning +Wrong +\S+ +3 +no/);
  });

  test("get prints what kubectl prints", async () => {
    await cluster.createNamespace("printed");
    const store = cluster.store();
    await store.create(ingress("printed", "cafe"));
    const data = { key: "dmFsdWU=" };
    const metadata = { name: "s", namespace: "printed" };
    await store.create({ apiVersion: "v1", kind: "Secret", metadata, body: { data } });
    const kubeconfig = ["--kubeconfig", cluster.lab.kubeconfig];
    for (const kind of ["ingresses", "secrets", "services", "namespaces"]) {
      const ours = await runCommand(["get", kind, "-n", "printed", ...kubeconfig]);
      const theirs = await cluster.lab.kubectl(["get", kind, "-n", "printed"]);
      assert.equal(withoutAge(ours.out), withoutAge(theirs), ours.err);
    }
  });

  test("what is wrong with the way to a cluster is said in a sentence", async () => {
    const missing = await runCommand(["get", "ingress", "--kubeconfig", "nowhere/config"]);
    assert.equal(missing.code, 1);
    assert.match(missing.err, /^sekisho: .*nowhere\/config cannot be read\n {2}/);
  });
});

/** Ages go on between two commands. */
function withoutAge(printed: string): string {
  return printed.replaceAll(/\d+[smh](\d+s)?$/gm, "AGE").replaceAll(/ +/g, " ");
}

function ingress(namespace: string, name: string): Draft {
  const body = { spec: { rules: [{ host: "a.example" }] } };
  const metadata = { name, namespace };
  return { apiVersion: "networking.k8s.io/v1", kind: "Ingress", metadata, body };
}

function nameOf({ metadata }: KubeObject): string {
  return metadata.name;
}

/** The first steps of a list and watch that hold something. */
async function steps(
  store: KubernetesStore,
  collection: Parameters<KubernetesStore["listWatch"]>[0],
  count: number,
): Promise<readonly ListWatchStep[]> {
  const stop = new AbortController();
  const seen: ListWatchStep[] = [];
  for await (const step of store.listWatch(collection, stop.signal)) {
    if (step.kind === "listed" || step.events.length > 0) seen.push(step);
    if (seen.length >= count) break;
  }
  stop.abort();
  return seen;
}
