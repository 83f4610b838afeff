/** Which Ingresses are ours to serve, and in which order they compete. */

import type { Ingress, World } from "./manifest.ts";
import { namespaceOf, ofKind } from "./manifest.ts";

export interface ClassSettings {
  /** The `spec.controller` of the IngressClasses that are ours. */
  readonly controller: string;
  /** Class names served although no IngressClass object of that name exists. */
  readonly servedClasses: "all" | readonly string[];
  /** Whether an Ingress without a class is served although none of our IngressClasses is the default. */
  readonly classlessServed: boolean;
}

/** How one machine without a cluster decides: whatever is in the directory is meant for us. */
export const standaloneClasses: ClassSettings = {
  controller: "sekisho.dev/ingress",
  servedClasses: "all",
  classlessServed: true,
};

/** The Ingresses we serve, the one that wins conflicts first: oldest, then by namespace, then by name. */
export function servedIngresses(world: World, settings: ClassSettings): readonly Ingress[] {
  return ofKind(world, "Ingress")
    .filter((ingress) => isServed(ingress, world, settings))
    .toSorted(
      (a, b) =>
        order(a.metadata.creationTimestamp ?? "", b.metadata.creationTimestamp ?? "") ||
        order(namespaceOf(a), namespaceOf(b)) ||
        order(a.metadata.name, b.metadata.name),
    );
}

function isServed(ingress: Ingress, world: World, settings: ClassSettings): boolean {
  const classes = ofKind(world, "IngressClass");
  const name =
    ingress.spec.ingressClassName ?? ingress.metadata.annotations?.["kubernetes.io/ingress.class"];
  if (name === undefined) {
    const ourDefault = classes.some(
      ({ spec, metadata }) =>
        spec.controller === settings.controller &&
        metadata.annotations?.["ingressclass.kubernetes.io/is-default-class"] === "true",
    );
    return settings.classlessServed || ourDefault;
  }
  const ingressClass = classes.find(({ metadata }) => metadata.name === name);
  if (ingressClass !== undefined) return ingressClass.spec.controller === settings.controller;
  return settings.servedClasses === "all" || settings.servedClasses.includes(name);
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
