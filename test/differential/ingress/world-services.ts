/** Random Services with their EndpointSlices: ports named or not, pods ready or not, one slice or two. */

import fc from "fast-check";
import type {
  EndpointSlice,
  Manifest,
  Metadata,
  Service,
} from "#test/simulators/ingress/manifest.ts";
import type { PodPool } from "./pool.ts";
import { externalNames, namespaces, portRoles, serviceNames, timestamps } from "./pool.ts";

type Role = (typeof portRoles)[number];

interface ServicePort {
  readonly name?: string;
  readonly port: number;
  readonly role: Role;
}

interface Plan {
  readonly present: boolean;
  readonly ports: readonly ServicePort[];
  readonly headless: boolean;
  /** A DNS name elsewhere; the Service may have slices nevertheless, which then mean nothing. */
  readonly external: (typeof externalNames)[number] | undefined;
  /** One entry a pod; true: ready, absent: the condition is not said, which means ready. */
  readonly pods: readonly (boolean | undefined)[];
  readonly twoSlices: boolean;
  /** Slices list their ports in any order: only the name joins them to the Service's. */
  readonly reversedPorts: boolean;
}

const http: ServicePort = { name: "http", port: 80, role: "web" };
const admin: ServicePort = { name: "admin", port: 8080, role: "admin" };

const ports: fc.Arbitrary<readonly ServicePort[]> = fc.oneof(
  { arbitrary: fc.constantFrom([http, admin], [admin, http]), weight: 6 },
  { arbitrary: fc.constant([{ port: 80, role: "web" } as const]), weight: 2 },
  { arbitrary: fc.constant([{ ...http, port: 8080 }]), weight: 1 },
);

const plan: fc.Arbitrary<Plan> = fc.record({
  present: fc.oneof(
    { arbitrary: fc.constant(true), weight: 9 },
    { arbitrary: fc.constant(false), weight: 1 },
  ),
  ports,
  headless: fc.boolean(),
  external: fc.oneof(
    { arbitrary: fc.constant(undefined), weight: 7 },
    { arbitrary: fc.constantFrom(...externalNames), weight: 1 },
  ),
  pods: fc.oneof(
    { arbitrary: fc.constantFrom([true], [true, undefined], [undefined, false]), weight: 6 },
    { arbitrary: fc.array(fc.constantFrom(true, undefined, false), { maxLength: 3 }), weight: 1 },
  ),
  twoSlices: fc.boolean(),
  reversedPorts: fc.boolean(),
});

const identities = namespaces.flatMap((namespace) =>
  serviceNames.map((name) => ({ namespace, name })),
);

/** All Services of all namespaces; pod addresses are never shared, so an address says who answered. */
export function services(pool: PodPool): fc.Arbitrary<readonly Manifest[]> {
  return fc
    .array(plan, { minLength: identities.length, maxLength: identities.length })
    .map((plans) => plans.flatMap((chosen, index) => manifests(chosen, index, pool)));
}

function manifests(chosen: Plan, index: number, pool: PodPool): readonly Manifest[] {
  const identity = identities[index];
  if (identity === undefined || !chosen.present) return [];
  const metadata: Metadata = { ...identity, creationTimestamp: timestamps[0] };
  const service: Service = {
    apiVersion: "v1",
    kind: "Service",
    metadata,
    spec: chosen.external === undefined ? inside(chosen, pool) : outside(chosen, pool),
  };
  return [service, ...slices(chosen, metadata, index * 3, pool)];
}

function inside({ headless, ports: listed }: Plan, pool: PodPool): Service["spec"] {
  return {
    ...(headless && { clusterIP: "None" }),
    ports: listed.map(({ role, ...port }) => ({ ...port, targetPort: targetPort(role, pool) })),
  };
}

/** Nobody translates ports on the way to a DNS name: the Service's are those of the servers there, if it lists any. */
function outside({ external, headless, ports: listed }: Plan, pool: PodPool): Service["spec"] {
  return {
    type: "ExternalName",
    externalName: external ?? "",
    ...(!headless && {
      ports: listed.map(({ role, ...port }) => ({ ...port, port: targetPort(role, pool) })),
    }),
  };
}

function slices(
  chosen: Plan,
  service: Metadata,
  firstPod: number,
  pool: PodPool,
): readonly EndpointSlice[] {
  const slicePorts = chosen.ports.map(({ name, role }) => ({
    ...(name !== undefined && { name }),
    port: targetPort(role, pool),
  }));
  const endpoints = chosen.pods.map((ready, pod) => ({
    addresses: [pool.addresses[firstPod + pod] ?? ""],
    // A pod that ends may still serve; only `ready` counts.
    conditions: ready === undefined ? {} : { ready, serving: true, terminating: !ready },
  }));
  const cut = chosen.twoSlices ? 1 : endpoints.length;
  return [endpoints.slice(0, cut), endpoints.slice(cut)]
    .filter((part) => part.length > 0)
    .map((part, number) => ({
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: {
        ...service,
        name: `${service.name}-${number}`,
        labels: { "kubernetes.io/service-name": service.name },
      },
      addressType: "IPv4",
      ports: chosen.reversedPorts ? slicePorts.toReversed() : slicePorts,
      endpoints: part,
    }));
}

function targetPort(role: Role, pool: PodPool): number {
  return pool.ports[portRoles.indexOf(role)] ?? 0;
}
