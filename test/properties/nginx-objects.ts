/** Random objects of NGINX Ingress Controller, which want hosts that random Ingresses want, too, and ports of their own. */

import fc from "fast-check";
import type { JsonObject } from "#base/json.ts";
import type { KubeObject } from "#kinds/object.ts";
import {
  namespaces,
  secretNames,
  serviceNames,
  timestamps,
} from "#test/differential/ingress/pool.ts";

const hosts = ["example.com", "a.example.com", "*.example.com", "Wrong_Host"] as const;
const paths = ["/", "/a", "=/a", "^~ /a/b", "~ ^/a(b|c)", "~ (?=b)", "a"] as const;
const names = ["one", "two"] as const;

const upstreams = serviceNames.map((name) => ({ name, service: name, port: 80 }));

const action: fc.Arbitrary<JsonObject> = fc.oneof(
  fc.constantFrom(...serviceNames, "nobody").map((pass) => ({ pass })),
  fc.constantFrom(...serviceNames).map((upstream) => ({ proxy: { upstream, rewritePath: "/x" } })),
  fc.constant({ return: { body: "here" } }),
);

const way: fc.Arbitrary<JsonObject> = fc.oneof(
  action.map((one) => ({ action: one })),
  fc.tuple(action, action).map(([one, other]) => ({
    matches: [{ conditions: [{ header: "x-a", value: "b" }], action: one }],
    splits: [
      { weight: 10, action: one },
      { weight: 90, action: other },
    ],
  })),
);

const route = fc
  .tuple(fc.constantFrom(...paths), way)
  .map(([path, what]): JsonObject => ({ path, ...what }));

const delegated: fc.Arbitrary<JsonObject> = fc.oneof(
  fc.constantFrom(...names).map((name) => ({ path: "/d", route: name })),
  fc.constant({ path: "/s", routeSelector: { matchLabels: { part: "s" } } }),
);

const routes = fc.uniqueArray(fc.oneof({ arbitrary: route, weight: 3 }, delegated), {
  maxLength: 4,
  selector: ({ path }) => path,
});

const listeners = [
  ...[
    { name: "web", protocol: "HTTP", port: 8085 },
    { name: "secure", protocol: "HTTP", port: 8445, ssl: true },
  ],
  ...[
    { name: "tcp", protocol: "TCP", port: 5000 },
    { name: "udp", protocol: "UDP", port: 53 },
    { name: "gate", protocol: "TCP", port: 80 },
  ],
];

const configuration = fc.subarray(listeners).map((some): JsonObject => ({ listeners: some }));

const ownPorts = fc.constantFrom<JsonObject>(...[{}, {}, {}, { listener: { http: "web" } }], {
  listener: { http: "web", https: "secure" },
});

const server = fc
  .tuple(fc.constantFrom(...hosts), routes, fc.option(fc.constantFrom(...secretNames)), ownPorts)
  .map(
    ([host, all, secret, ports]): JsonObject => ({
      ...ports,
      host,
      upstreams,
      routes: all,
      ...(secret === null ? {} : { tls: { secret, redirect: { enable: true } } }),
    }),
  );

const part = fc
  .tuple(fc.constantFrom(...hosts), fc.constantFrom("/d", "/d/e", "/s"), action)
  .map(
    ([host, path, what]): JsonObject => ({ host, upstreams, subroutes: [{ path, action: what }] }),
  );

const streamPlace: fc.Arbitrary<JsonObject> = fc.oneof(
  fc.constantFrom("TCP", "UDP").map((protocol) => ({
    listener: { name: protocol.toLowerCase(), protocol },
  })),
  fc.tuple(fc.constantFrom(...hosts), fc.constantFrom(...secretNames)).map(([host, secret]) => ({
    listener: { name: "tcp", protocol: "TCP" },
    host,
    tls: { secret },
  })),
  fc.constantFrom(...hosts).map((host) => ({
    listener: { name: "tls-passthrough", protocol: "TLS_PASSTHROUGH" },
    host,
  })),
);

const stream = fc
  .tuple(streamPlace, fc.constantFrom(...serviceNames))
  .map(([place, pass]): JsonObject => ({ ...place, upstreams, action: { pass } }));

function object(
  kind: string,
  spec: JsonObject,
  about: Pick<KubeObject["metadata"], "name" | "namespace" | "creationTimestamp">,
): KubeObject {
  return {
    apiVersion: "k8s.nginx.org/v1",
    kind,
    metadata: {
      ...about,
      uid: `${kind}-${about.namespace}-${about.name}`,
      generation: 1,
      resourceVersion: "1",
      labels: kind === "VirtualServer" ? {} : { part: "s" },
      annotations: {},
      finalizers: [],
      ownerReferences: [],
    },
    body: { spec },
  };
}

const about = fc.record({
  name: fc.constantFrom(...names),
  namespace: fc.constantFrom(...namespaces),
  creationTimestamp: fc.constantFrom(...timestamps),
});

const one = fc.oneof(
  fc.tuple(server, about).map(([spec, meta]) => object("VirtualServer", spec, meta)),
  fc.tuple(part, about).map(([spec, meta]) => object("VirtualServerRoute", spec, meta)),
  fc.tuple(stream, about).map(([spec, meta]) => object("TransportServer", spec, meta)),
  fc.tuple(configuration, about).map(([spec, meta]) => object("GlobalConfiguration", spec, meta)),
);

/** Up to six, of one name and kind each. */
export const nginxObjects: fc.Arbitrary<readonly KubeObject[]> = fc.uniqueArray(one, {
  maxLength: 6,
  selector: ({ metadata }) => metadata.uid,
});
