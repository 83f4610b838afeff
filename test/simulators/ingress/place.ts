/** The field of the object that decided an answer. */

import type { Ingress } from "./manifest.ts";
import { namespaceOf } from "./manifest.ts";

export interface Place {
  readonly kind: "Ingress";
  readonly namespace: string;
  readonly name: string;
  /** As kubectl prints it: `spec.rules[0].http.paths[1]`. */
  readonly path: string;
}

/** A field of an Ingress. */
export function placeIn(ingress: Ingress, path: string): Place {
  return { kind: "Ingress", namespace: namespaceOf(ingress), name: ingress.metadata.name, path };
}

/** `Ingress/default/cafe spec.rules[0].http.paths[1]`. */
export function formatPlace(place: Place): string {
  return `${place.kind}/${place.namespace}/${place.name} ${place.path}`;
}
