/** Kubernetes manifests as plain records: just the fields that decide how an Ingress answers. */

export interface Metadata {
  readonly name: string;
  /** Absent for cluster-scoped kinds; absent on others means `default`. */
  readonly namespace?: string;
  /** RFC 3339, UTC, whole seconds: text order is time order. */
  readonly creationTimestamp?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface Ingress {
  readonly apiVersion: "networking.k8s.io/v1";
  readonly kind: "Ingress";
  readonly metadata: Metadata;
  readonly spec: IngressSpec;
}

export interface IngressSpec {
  readonly ingressClassName?: string;
  readonly defaultBackend?: IngressBackend;
  readonly rules?: readonly IngressRule[];
  readonly tls?: readonly IngressTls[];
}

export interface IngressRule {
  readonly host?: string;
  readonly http?: { readonly paths: readonly IngressPath[] };
}

export interface IngressPath {
  readonly path?: string;
  readonly pathType: "Exact" | "Prefix" | "ImplementationSpecific";
  readonly backend: IngressBackend;
}

export interface IngressBackend {
  readonly service?: {
    readonly name: string;
    readonly port: { readonly number?: number; readonly name?: string };
  };
  readonly resource?: { readonly apiGroup?: string; readonly kind: string; readonly name: string };
}

export interface IngressTls {
  readonly hosts?: readonly string[];
  readonly secretName?: string;
}

export interface IngressClass {
  readonly apiVersion: "networking.k8s.io/v1";
  readonly kind: "IngressClass";
  readonly metadata: Metadata;
  readonly spec: { readonly controller: string };
}

export interface Service {
  readonly apiVersion: "v1";
  readonly kind: "Service";
  readonly metadata: Metadata;
  readonly spec: {
    readonly type?: "ClusterIP" | "NodePort" | "LoadBalancer" | "ExternalName";
    readonly clusterIP?: string;
    readonly externalName?: string;
    readonly ports?: readonly {
      readonly name?: string;
      readonly port: number;
      readonly targetPort?: number | string;
    }[];
  };
}

export interface EndpointSlice {
  readonly apiVersion: "discovery.k8s.io/v1";
  readonly kind: "EndpointSlice";
  readonly metadata: Metadata;
  readonly addressType: "IPv4" | "IPv6";
  readonly ports: readonly { readonly name?: string; readonly port: number }[];
  readonly endpoints: readonly {
    readonly addresses: readonly string[];
    readonly conditions?: {
      readonly ready?: boolean;
      readonly serving?: boolean;
      readonly terminating?: boolean;
    };
  }[];
}

export interface Secret {
  readonly apiVersion: "v1";
  readonly kind: "Secret";
  readonly metadata: Metadata;
  readonly type: string;
  /** Values in base64. */
  readonly data: Readonly<Record<string, string>>;
}

export type Manifest = Ingress | IngressClass | Service | EndpointSlice | Secret;

/** What somebody applied: manifests in no order that means anything. */
export type World = readonly Manifest[];

/** The namespace a namespaced manifest lives in. */
export function namespaceOf(manifest: Manifest): string {
  return manifest.metadata.namespace ?? "default";
}

/** All manifests of one kind. */
export function ofKind<K extends Manifest["kind"]>(
  world: World,
  kind: K,
): readonly Extract<Manifest, { kind: K }>[] {
  return world.filter((manifest) => manifest.kind === kind) as Extract<Manifest, { kind: K }>[];
}

/** The manifest of a kind with this namespace and name, if there is one. */
export function find<K extends Manifest["kind"]>(
  world: World,
  kind: K,
  namespace: string,
  name: string,
): Extract<Manifest, { kind: K }> | undefined {
  return ofKind(world, kind).find(
    (manifest) => namespaceOf(manifest) === namespace && manifest.metadata.name === name,
  );
}
