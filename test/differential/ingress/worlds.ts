/** Random worlds of Ingresses, their Services, endpoints, classes and certificates. */

import fc from "fast-check";
import type {
  Ingress,
  IngressBackend,
  IngressPath,
  IngressRule,
  IngressSpec,
  IngressTls,
  Metadata,
  World,
} from "#test/simulators/ingress/manifest.ts";
import { find, namespaceOf } from "#test/simulators/ingress/manifest.ts";
import type { PodPool } from "./pool.ts";
import {
  classNames,
  hostPatterns,
  ingressNames,
  namespaces,
  refusedPaths,
  rulePaths,
  secretNames,
  serviceNames,
  timestamps,
} from "./pool.ts";
import { ingressClasses } from "./world-classes.ts";
import { secrets } from "./world-secrets.ts";
import { services } from "./world-services.ts";

/** A world whose pods live in `pool`. Smaller worlds come first when a failure is shrunk. */
export function worlds(pool: PodPool): fc.Arbitrary<World> {
  return fc
    .tuple(
      fc.uniqueArray(ingress, {
        minLength: 1,
        maxLength: 5,
        size: "max",
        selector: ({ metadata }) => `${metadata.namespace}/${metadata.name}`,
      }),
      services(pool),
      secrets,
      ingressClasses,
    )
    .map((parts) => aimOutside(parts.flat(), pool));
}

/** References to ExternalName Services by number, which nobody translates on the way, get numbers of servers there. */
function aimOutside(world: World, pool: PodPool): World {
  const numbers = new Map([
    [80, pool.ports[0]],
    [8080, pool.ports[1]],
  ]);
  return world.map((manifest) => {
    if (manifest.kind !== "Ingress") return manifest;
    const aimed = (reference: IngressBackend): IngressBackend => {
      const { name = "", port } = reference.service ?? {};
      const service = find(world, "Service", namespaceOf(manifest), name);
      const number = numbers.get(port?.number ?? 0);
      if (service?.spec.type !== "ExternalName" || number === undefined) return reference;
      return { service: { name, port: { number } } };
    };
    return { ...manifest, spec: mapBackends(manifest.spec, aimed) };
  });
}

function mapBackends(
  { defaultBackend, rules, ...rest }: IngressSpec,
  change: (reference: IngressBackend) => IngressBackend,
): IngressSpec {
  const changed = rules?.map(({ http, ...rule }) => ({
    ...rule,
    ...(http !== undefined && {
      http: { paths: http.paths.map((entry) => ({ ...entry, backend: change(entry.backend) })) },
    }),
  }));
  return {
    ...(defaultBackend !== undefined && { defaultBackend: change(defaultBackend) }),
    ...(changed !== undefined && { rules: changed }),
    ...rest,
  };
}

/** `undefined` in all but a share of one in `times` cases. */
function seldom<T>(arbitrary: fc.Arbitrary<T>, times: number): fc.Arbitrary<T | undefined> {
  return fc.oneof(
    { arbitrary: fc.constant(undefined), weight: times - 1 },
    { arbitrary, weight: 1 },
  );
}

const servicePort = fc.oneof(
  { arbitrary: fc.constant({ number: 80 }), weight: 24 },
  { arbitrary: fc.constantFrom({ name: "http" }, { number: 8080 }, { name: "admin" }), weight: 8 },
  { arbitrary: fc.constantFrom({ number: 9999 }, { name: "nope" }), weight: 1 },
);

const backend: fc.Arbitrary<IngressBackend> = fc
  .oneof(
    {
      arbitrary: fc.record({ name: fc.constantFrom(...serviceNames), port: servicePort }),
      weight: 24,
    },
    { arbitrary: fc.constant({ name: "nowhere", port: { number: 80 } }), weight: 1 },
    { arbitrary: fc.constant(undefined), weight: 1 },
  )
  .map((service) =>
    service === undefined
      ? { resource: { apiGroup: "k8s.example.com", kind: "StorageBucket", name: "static" } }
      : { service },
  );

const path: fc.Arbitrary<IngressPath> = fc
  .tuple(
    fc.oneof(
      { arbitrary: fc.constantFrom(...rulePaths), weight: 24 },
      { arbitrary: fc.constantFrom(...refusedPaths), weight: 1 },
    ),
    fc.constantFrom("Prefix" as const, "Exact" as const, "ImplementationSpecific" as const),
    backend,
  )
  .map(([text, type, target]) => {
    // What ImplementationSpecific makes of a path that the other types refuse is nobody's promise.
    const refused = refusedPaths.some((candidate) => candidate === text);
    const pathType = refused && type === "ImplementationSpecific" ? "Prefix" : type;
    return { path: text, pathType, backend: target };
  });

const rule: fc.Arbitrary<IngressRule> = fc
  .tuple(
    fc.constantFrom(...hostPatterns),
    fc.option(fc.array(path, { minLength: 1, maxLength: 4, size: "max" }), {
      freq: 20,
      nil: undefined,
    }),
  )
  .map(([host, paths]) => ({
    ...(host !== "" && { host }),
    ...(paths !== undefined && { http: { paths } }),
  }));

const tls: fc.Arbitrary<IngressTls> = fc
  .tuple(
    fc.uniqueArray(fc.constantFrom(...hostPatterns.filter((host) => host !== "")), {
      maxLength: 3,
    }),
    fc.oneof(
      { arbitrary: fc.constantFrom(...secretNames), weight: 12 },
      { arbitrary: fc.constantFrom("absent", undefined), weight: 1 },
    ),
  )
  .map(([hosts, secretName]) => ({
    ...(hosts.length > 0 && { hosts }),
    ...(secretName !== undefined && { secretName }),
  }));

const spec: fc.Arbitrary<IngressSpec> = fc
  .tuple(
    seldom(backend, 5),
    fc.array(rule, { maxLength: 3, size: "max" }),
    fc.oneof(
      { arbitrary: fc.array(tls, { maxLength: 2, size: "max" }), weight: 24 },
      // Indexes of two digits: the tenth entry comes after the second.
      { arbitrary: fc.array(tls, { minLength: 11, maxLength: 12 }), weight: 1 },
    ),
  )
  .map(([defaultBackend, rules, entries]) => ({
    ...(defaultBackend !== undefined && { defaultBackend }),
    ...(rules.length > 0 && { rules }),
    ...(entries.length > 0 && { tls: entries }),
  }));

/** How an Ingress names its class: not at all, by the field, by the old annotation, or both. */
const classReference = fc.tuple(
  seldom(fc.constantFrom(...classNames), 2),
  seldom(fc.constantFrom(...classNames), 4),
);

const ingress: fc.Arbitrary<Ingress> = fc
  .tuple(
    fc.record({
      namespace: fc.constantFrom(...namespaces),
      name: fc.constantFrom(...ingressNames),
      creationTimestamp: fc.constantFrom(...timestamps),
    }),
    classReference,
    spec,
  )
  .map(([identity, [ingressClassName, annotated], body]) => {
    const annotations = { "kubernetes.io/ingress.class": annotated ?? "" };
    const metadata: Metadata = { ...identity, ...(annotated !== undefined && { annotations }) };
    return {
      apiVersion: "networking.k8s.io/v1",
      kind: "Ingress",
      metadata,
      spec: { ...(ingressClassName !== undefined && { ingressClassName }), ...body },
    };
  });
