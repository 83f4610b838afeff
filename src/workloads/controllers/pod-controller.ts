/** The node: runs the pods there are, and stops those that go, endpoints first. */

import { isJsonObject, type Json } from "#base/json.ts";
import { configMapKind, configMapValues } from "#kinds/config-map.ts";
import { type Known, read } from "#kinds/kind.ts";
import { formatKey, type KubeObject, keyOf } from "#kinds/object.ts";
import { type Pod, podCondition, podIp, podKind, podPhase } from "#kinds/pod.ts";
import type { PodSpec } from "#kinds/pod-template.ts";
import { secretKind, secretValue } from "#kinds/secret.ts";
import { serviceKind } from "#kinds/service.ts";
import { pause } from "#runtime/pause.ts";
import type { AddressPool } from "../addresses.ts";
import type { AdoptedPod } from "../adoption/adopted-pod.ts";
import type { Outside } from "../containers/container-runner.ts";
import type { Values } from "../containers/env.ts";
import type { Isolation, PodRequest } from "../isolation/isolation.ts";
import { podRequest } from "../isolation/pod-request.ts";
import { canonicalText } from "../object-names.ts";
import { type NodeSettings, type PodJob, PodRunner } from "../pods/pod-runner.ts";
import { type ControllerDeps, draftOf, podFinalizer, writeStatus } from "./controller.ts";
import { isSelected } from "./service-controller.ts";

export interface PodNode {
  readonly deps: ControllerDeps;
  readonly outside: Outside;
  readonly settings: NodeSettings;
  readonly isolation: Isolation;
  readonly addresses: AddressPool;
  /** Keeps the pool's next address over restarts. */
  readonly keepAddresses: () => Promise<void>;
  readonly logDirectory: (pod: KubeObject) => string;
  /** How long requests may still come after a pod's endpoints are gone. */
  readonly drainDelay: Temporal.Duration;
  /** Looks at a pod again, or at its status when it has to be written. */
  readonly again: (pod: KubeObject, what: "pod" | "status") => void;
}

interface Running {
  readonly object: KubeObject;
  readonly runner: PodRunner;
  status: Json | undefined;
  /** Set while it is being stopped. */
  stopped: Promise<void> | undefined;
}

export class PodController {
  readonly #node: PodNode;
  readonly #running = new Map<string, Running>();
  readonly #closing = new AbortController();

  constructor(node: PodNode) {
    this.#node = node;
  }

  /** Starts, restarts or stops the pod of a name as its object says. */
  async sync(namespace: string, name: string): Promise<void> {
    const { view } = this.#node.deps;
    const object = view.get(podKind.id, namespace, name);
    const key = formatKey({ kind: podKind.id, namespace, name });
    const running = this.#running.get(key);
    if (this.#closing.signal.aborted) return;
    if (running !== undefined) {
      const goes =
        object === undefined ||
        object.metadata.deletionTimestamp !== undefined ||
        isOther(object, running.object);
      if (goes) this.#stop(key, running);
      else if (running.stopped === undefined) running.runner.observe(object.status);
      return;
    }
    if (object === undefined) return;
    if (object.metadata.deletionTimestamp !== undefined) await this.#release(object);
    else if (podPhase(object) !== "Succeeded" && podPhase(object) !== "Failed") {
      await this.#start(object);
    }
  }

  /** Takes over a pod that an earlier run left running: before anything else is done. */
  adopt(object: KubeObject, adopted: AdoptedPod): void {
    const known = read(podKind, object);
    if (known.value === undefined) return;
    const { address } = adopted.record;
    if (this.#node.addresses.take(address) !== address) {
      throw new Error(`the pod address ${address} is in use`);
    }
    this.#run({ known, spec: known.value.spec, address, adopted });
  }

  /** What a pod asks of its place when it is at `address`. */
  placeRequest(known: Known<Pod>, spec: PodSpec, address: string): PodRequest {
    const { object } = known;
    const servicePorts = this.#servicePorts(object);
    return podRequest({ object, spec, address, servicePorts }, this.#node.settings);
  }

  /** Writes the newest status of a pod. */
  async syncStatus(namespace: string, name: string): Promise<void> {
    const running = this.#running.get(formatKey({ kind: podKind.id, namespace, name }));
    const object = this.#node.deps.view.get(podKind.id, namespace, name);
    if (running?.status === undefined || object === undefined) return;
    if (object.metadata.uid !== running.object.metadata.uid) return;
    await writeStatus(this.#node.deps, object, running.status);
  }

  /** A ConfigMap or Secret of the namespace changed. */
  async valuesChanged(namespace: string): Promise<void> {
    for (const { object, runner } of this.#running.values()) {
      if (object.metadata.namespace === namespace) await runner.changed();
    }
  }

  /** Where a port of a pod is reached on its address. */
  reach(pod: KubeObject, port: number): number {
    return this.#running.get(formatKey(keyOf(pod)))?.runner.reach(port) ?? port;
  }

  /** Stops all pods, each within `mostSeconds`; their objects stay, to be run again next time. */
  async close(mostSeconds: number): Promise<void> {
    this.#closing.abort();
    await Promise.all(
      [...this.#running.values()].map(
        (running) => running.stopped ?? running.runner.stop(mostSeconds),
      ),
    );
    this.#running.clear();
  }

  async #start(object: KubeObject): Promise<void> {
    const { addresses } = this.#node;
    const known = read(podKind, object);
    if (known.value === undefined) return;
    const address = addresses.take(podIp(object));
    if (address === undefined) throw new Error("all pod addresses are in use");
    await this.#node.keepAddresses();
    this.#run({ known, spec: known.value.spec, address });
  }

  #run(pod: Pick<PodJob, "known" | "spec" | "address" | "adopted">): void {
    const { isolation, settings, outside } = this.#node;
    const { object } = pod.known;
    const runner = new PodRunner(
      {
        ...pod,
        servicePorts: this.#servicePorts(object),
        isolation,
        values: this.#values(object.metadata.namespace),
        logDirectory: this.#node.logDirectory(object),
        publish: (status) => {
          running.status = status;
          this.#node.again(object, "status");
        },
      },
      settings,
      outside,
    );
    const running: Running = { object, runner, status: undefined, stopped: undefined };
    this.#running.set(formatKey(keyOf(object)), running);
    runner.start();
  }

  #stop(key: string, running: Running): void {
    if (running.stopped !== undefined) return;
    const ended = this.#end(running).finally(() => {
      this.#running.delete(key);
      this.#node.addresses.release(running.runner.job.address);
      this.#node.again(running.object, "pod");
    });
    running.stopped = ended.catch((error: unknown) => {
      this.#node.outside.log.error("pod not stopped cleanly", {
        object: key,
        error: String(error),
      });
    });
  }

  async #end({ object, runner, status }: Running): Promise<void> {
    // Its endpoints were taken away by the same change that brought us here; requests under way still arrive.
    const served = podCondition(
      { ...object, ...(status === undefined ? {} : { status }) },
      "Ready",
    );
    const { outside, drainDelay } = this.#node;
    if (served?.holds === true) await pause(outside.clock, drainDelay, this.#closing.signal);
    await runner.stop();
    await outside.files.remove(this.#node.logDirectory(object));
  }

  async #release(object: KubeObject): Promise<void> {
    const { finalizers, resourceVersion } = object.metadata;
    if (!finalizers.includes(podFinalizer)) return;
    const { store, view } = this.#node.deps;
    const draft = draftOf(object);
    const left = finalizers.filter((name) => name !== podFinalizer);
    const metadata = { ...draft.metadata, finalizers: left };
    const answer = await store.replace(keyOf(object), { ...draft, metadata }, resourceVersion);
    if (left.length === 0) view.forget(object);
    else view.observe(answer);
  }

  /** Ports that Services send to by number although the pod may not declare them. */
  #servicePorts(pod: KubeObject): readonly number[] {
    return this.#node.deps.view
      .list(serviceKind.id, pod.metadata.namespace)
      .filter((service) => isSelected(service, pod))
      .flatMap((service) => read(serviceKind, service).value?.spec?.ports ?? [])
      .filter(({ protocol }) => (protocol ?? "TCP") === "TCP")
      .map(({ port, targetPort }) => targetPort ?? port)
      .filter((port) => typeof port === "number");
  }

  #values(namespace: string): Values {
    const { view } = this.#node.deps;
    return {
      configMap: (name) => {
        const object = view.get(configMapKind.id, namespace, name);
        const value = object === undefined ? undefined : read(configMapKind, object).value;
        return value === undefined ? undefined : configMapValues(value);
      },
      secret: (name) => {
        const object = view.get(secretKind.id, namespace, name);
        const value = object === undefined ? undefined : read(secretKind, object).value;
        if (value === undefined) return undefined;
        const keys = [...Object.keys(value.data ?? {}), ...Object.keys(value.stringData ?? {})];
        return new Map(keys.map((key) => [key, secretValue(value, key) ?? new Uint8Array()]));
      },
    };
  }
}

/** Another object of the same name, or one whose specification was changed in its file. */
function isOther(object: KubeObject, running: KubeObject): boolean {
  if (object.metadata.uid !== running.metadata.uid) return true;
  return canonicalText(specOf(object)) !== canonicalText(specOf(running));
}

function specOf(object: KubeObject): Json {
  const spec = object.body["spec"];
  return isJsonObject(spec) ? spec : {};
}
