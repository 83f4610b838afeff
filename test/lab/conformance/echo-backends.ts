/** A Deployment and a Service for every backend of an Ingress: what was received is answered, and by whom. */

/** As much of an Ingress as names its backends and places. */
export interface IngressSpec {
  readonly defaultBackend?: Backend;
  readonly rules?: readonly {
    readonly host?: string;
    readonly http?: {
      readonly paths: readonly { readonly path: string; readonly backend: Backend }[];
    };
  }[];
}

interface Backend {
  readonly service?: { readonly name: string };
}

export interface ServedPlace {
  readonly host: string;
  readonly path: string;
}

/** The answer of an echo, as far as it is looked at. */
export interface Echo {
  readonly method: string;
  readonly path: string;
  readonly host: string;
  readonly proto: string;
  /** Names in Title-Case. */
  readonly headers: Readonly<Record<string, readonly string[]>>;
  readonly service: string;
  readonly pod: string;
}

/** Names of the Services that an Ingress refers to, each once. */
export function backendNames({ defaultBackend, rules = [] }: IngressSpec): readonly string[] {
  const paths = rules.flatMap(({ http }) => http?.paths ?? []);
  const backends = [defaultBackend, ...paths.map(({ backend }) => backend)];
  return [...new Set(backends.flatMap((backend) => backend?.service?.name ?? []))];
}

/** A host that no feature names: who answers it has a default backend. */
export const nobodysHost = "nobodys.example";

/** One place behind each rule, and one behind the default backend. */
export function servedPlaces({ defaultBackend, rules = [] }: IngressSpec): readonly ServedPlace[] {
  const named = rules.flatMap(({ host, http }) =>
    (http?.paths ?? [])
      .slice(0, 1)
      .map(({ path }) => ({ host: host?.replace("*", "any") ?? nobodysHost, path })),
  );
  return defaultBackend === undefined ? named : [...named, { host: nobodysHost, path: "/" }];
}

/** One pod behind a Service, both called `name`; the port is 8080 and called `http`, the two ways in which the features refer to it. */
export function echoBackend(name: string): readonly object[] {
  const labels = { app: name };
  const container = {
    name: "echo",
    image: "sekisho/echo:1",
    env: [
      { name: "POD_NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
      { name: "SERVICE_NAME", value: name },
    ],
    ports: [{ name: "http", containerPort: 8080 }],
    readinessProbe: { httpGet: { path: "/", port: "http" } },
  };
  return [
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name },
      spec: {
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: { containers: [container], terminationGracePeriodSeconds: 1 },
        },
      },
    },
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name },
      spec: { selector: labels, ports: [{ name: "http", port: 8080, targetPort: "http" }] },
    },
  ];
}
