/** Random worlds as objects, and what may happen to them. */

import fc from "fast-check";
import type { KubeObject } from "#kinds/object.ts";
import { toObject } from "#test/differential/ingress/gate.ts";
import { externalNames, paperPool } from "#test/differential/ingress/pool.ts";
import { worlds } from "#test/differential/ingress/worlds.ts";
import type { Dns, LayoutName } from "./driven-pipeline.ts";
import { nginxObjects } from "./nginx-objects.ts";

/** The objects of a random world. */
export const objects = fc
  .tuple(
    worlds(paperPool).map((world) => world.map(toObject)),
    nginxObjects,
  )
  .map((parts) => parts.flat());
export const layout = fc.constantFrom<LayoutName>("chains", "on-demand");

/** Names as the pipeline asks for them, each leading to some of two addresses. */
export const dns: fc.Arbitrary<Dns> = fc
  .tuple(...externalNames.map(() => fc.subarray(["10.0.0.1", "10.0.0.2"])))
  .map((answers) => {
    const names = externalNames.map((name) => name.toLowerCase().replace(/\.$/, ""));
    return new Map(names.map((name, index) => [name, answers[index] ?? []] as const));
  });

/** What may change by itself: a certificate is renewed or lost, pods come and go, a Service becomes a DNS name. */
const alone = fc.constantFrom(
  ...["Secret", "EndpointSlice", "Service", "Ingress", "IngressClass"],
  ...["VirtualServer", "VirtualServerRoute", "TransportServer", "GlobalConfiguration"],
);

export type Edit =
  | { readonly kind: "set"; readonly set: readonly KubeObject[] }
  | { readonly kind: "delete"; readonly index: number }
  | { readonly kind: "resolve"; readonly dns: Dns }
  | { readonly kind: "flush" };

/** Objects of further worlds come in, all of them or those of one kind or one; others go; DNS changes its mind. */
const edit: fc.Arbitrary<Edit> = fc.oneof(
  { arbitrary: objects.map((set) => ({ kind: "set" as const, set })), weight: 2 },
  {
    arbitrary: fc.tuple(objects, alone).map(([set, kind]) => ({
      kind: "set" as const,
      set: set.filter((object) => object.kind === kind),
    })),
    weight: 4,
  },
  {
    arbitrary: fc.tuple(objects, fc.nat(40)).map(([set, index]) => ({
      kind: "set" as const,
      set: set.slice(index % set.length, (index % set.length) + 1),
    })),
    weight: 4,
  },
  { arbitrary: fc.nat(40).map((index) => ({ kind: "delete" as const, index })), weight: 5 },
  { arbitrary: dns.map((answers) => ({ kind: "resolve" as const, dns: answers })), weight: 2 },
  { arbitrary: fc.constant({ kind: "flush" as const }), weight: 4 },
);

export const edits = fc.array(edit, { minLength: 1, maxLength: 8 });
