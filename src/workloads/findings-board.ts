/** Keeps the findings about workloads up to date with the objects. */

import type { Finding, FindingChange } from "#base/finding.ts";
import { FindingSet } from "#base/finding-set.ts";
import type { Json, JsonObject } from "#base/json.ts";
import { isJsonObject } from "#base/json.ts";
import type { Origin } from "#base/origin.ts";
import { deploymentKind } from "#kinds/deployment.ts";
import { read } from "#kinds/kind.ts";
import { formatKey, type KubeObject, keyOf, type ObjectKey } from "#kinds/object.ts";
import { podKind } from "#kinds/pod.ts";
import { replicaSetKind } from "#kinds/replica-set.ts";
import type { ObjectView, ViewChange } from "#store/object-view.ts";
import { selectsOwnPods } from "./controllers/deployment-controller.ts";
import { podFindings } from "./pods/pod-findings.ts";
import { type FindingContext, specFindings } from "./workload-findings.ts";

export class FindingsBoard {
  readonly #set: FindingSet;
  readonly #context: FindingContext;

  constructor(context: FindingContext, changed: (change: FindingChange) => void) {
    this.#set = new FindingSet(changed);
    this.#context = context;
  }

  all(): readonly Finding[] {
    return this.#set.all();
  }

  /** Replaces what is said about the object of a change. */
  update(view: ObjectView, { key, after }: ViewChange): void {
    if (after === undefined) this.#set.delete(formatKey(key));
    else this.#set.set(formatKey(key), this.#findings(view, key, after));
  }

  #findings(view: ObjectView, key: ObjectKey, object: KubeObject): readonly Finding[] {
    const isOwned = object.metadata.ownerReferences.some(({ controller }) => controller === true);
    switch (key.kind) {
      case deploymentKind.id:
        return [
          ...this.#ofTemplate(object, read(deploymentKind, object)),
          ...selectorFindings(object),
        ];
      case replicaSetKind.id:
        return isOwned ? [] : this.#ofTemplate(object, read(replicaSetKind, object));
      case podKind.id: {
        const running = podFindings(object, originOf(view, object));
        if (isOwned) return running;
        const { value, problems } = read(podKind, object);
        const place = {
          object,
          path: "spec",
          raw: rawAt(object, "spec"),
          spec: value?.spec,
          problems,
        };
        return [...specFindings(place, this.#context), ...running];
      }
      default:
        return [];
    }
  }

  #ofTemplate(
    object: KubeObject,
    known: ReturnType<typeof read<{ readonly spec: { readonly template: Template } }>>,
  ): readonly Finding[] {
    return specFindings(
      {
        object,
        path: "spec.template.spec",
        raw: rawAt(object, "spec", "template", "spec"),
        spec: known.value?.spec.template.spec,
        problems: known.problems,
      },
      this.#context,
    );
  }
}

type Template = { readonly spec: Parameters<typeof specFindings>[0]["spec"] & object };

function selectorFindings(object: KubeObject): readonly Finding[] {
  const spec = read(deploymentKind, object).value?.spec;
  if (spec === undefined || selectsOwnPods(spec)) return [];
  return [
    {
      severity: "error",
      reason: "SelectorMismatch",
      origin: { ...keyOf(object), path: "spec.selector" },
      message: "the selector does not accept the labels of the template, so nothing is run",
      advice: "give spec.template.metadata.labels every label that spec.selector asks for",
    },
  ];
}

/** Where a pod comes from: the Deployment at its top, or itself. */
function originOf(view: ObjectView, pod: KubeObject): Origin {
  let top = pod;
  for (const kind of [replicaSetKind, deploymentKind]) {
    const reference = top.metadata.ownerReferences.find(({ controller }) => controller === true);
    const owner = reference && view.get(kind.id, pod.metadata.namespace, reference.name);
    if (owner !== undefined && owner.metadata.uid === reference?.uid) top = owner;
  }
  return { ...keyOf(top), path: "" };
}

function rawAt(object: KubeObject, ...path: readonly string[]): Json | undefined {
  let value: Json | undefined = object.body;
  for (const name of path) value = isJsonObject(value) ? (value as JsonObject)[name] : undefined;
  return value;
}
