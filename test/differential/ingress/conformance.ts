/** The scenarios of kubernetes-sigs/ingress-controller-conformance as worlds, requests and expectations. */

import { load } from "js-yaml";
import type { Feature, Step } from "#test/conformance/gherkin.ts";
import { findDefinition, type StepDefinitions } from "#test/conformance/step-definitions.ts";
import type {
  Ingress,
  IngressBackend,
  Manifest,
  World,
} from "#test/simulators/ingress/manifest.ts";
import type { Request } from "#test/simulators/ingress.ts";
import { selfSigned } from "#test/simulators/self-signed.ts";
import type { PodPool } from "./pool.ts";

export interface ConformanceScenario {
  readonly name: string;
  readonly world: World;
  /** Whether the scenario's Ingress is ours to serve. */
  readonly served: boolean;
  /** Absent in the scenario that only looks at the status. */
  readonly request?: Request & { readonly method: string };
  readonly status?: number;
  readonly service?: string;
  /** The Secret that the connection must show. */
  readonly certificate?: string;
  /** How many different pods must answer in turn. */
  readonly pods?: number;
}

/** All scenarios of one feature. Throws on a step that is not understood: none may be passed over. */
export function readConformance(feature: Feature, pool: PodPool): readonly ConformanceScenario[] {
  return feature.scenarios.map((scenario) => {
    const draft: Draft = { ingresses: [], secrets: [], replicas: 1, expected: { served: true } };
    for (const step of scenario.steps) {
      const { action, words } = findDefinition(meanings, step);
      action(draft, step, words);
    }
    return { name: scenario.name, world: worldOf(draft, pool), ...draft.expected };
  });
}

interface Draft {
  readonly ingresses: Ingress[];
  readonly secrets: Manifest[];
  replicas: number;
  expected: Omit<ConformanceScenario, "name" | "world">;
}

/** What a step says, and what that means for us; steps about the echoed request are for the real gate's tests. */
const meanings: StepDefinitions<(draft: Draft, step: Step, words: readonly string[]) => void> = [
  [/^a new random namespace$/, () => undefined],
  [
    /^a self-signed TLS secret named "(.*)" for the "(.*)" hostname$/,
    (draft, _, [name = "", host = ""]) => draft.secrets.push(tlsSecret(name, host)),
  ],
  [
    /^an Ingress resource( in a new random namespace)?$/,
    (draft, { document = "" }) => draft.ingresses.push(load(document) as Ingress),
  ],
  [
    /^an Ingress resource named "(.*)" with this spec:$/,
    (draft, { document = "" }, [name = ""]) =>
      draft.ingresses.push(ingressNamed(name, load(document) as Ingress["spec"])),
  ],
  [/^The Ingress status shows the IP address/, (draft) => expectThat(draft, { served: true })],
  [/^The Ingress status should not contain/, (draft) => expectThat(draft, { served: false })],
  [
    /^The backend deployment "(.*)" for the ingress resource is scaled to (\d+)$/,
    (draft, _, [, count]) => {
      draft.replicas = Number(count);
    },
  ],
  [
    /^I send a "(.*)" request to "?(https?):\/\/([^"]+)"?$/,
    (draft, _, [method = "", scheme = "", rest = ""]) =>
      expectThat(draft, { request: request(method, scheme, rest) }),
  ],
  [
    /^I send a "(.*)" request to http:\/\/"(.*)"\/"(.*)"$/,
    (draft, _, [method = "", host = "", path = ""]) =>
      expectThat(draft, { request: request(method, "http", `${host}/${path}`) }),
  ],
  [
    /^I send 100 requests to "http:\/\/(.*)"$/,
    (draft, _, [rest = ""]) => expectThat(draft, { request: request("GET", "http", rest) }),
  ],
  [
    /^the response status-code must be (\d+)$/,
    (draft, _, [status]) => expectThat(draft, { status: Number(status) }),
  ],
  [
    /^all the responses status-code must be (\d+) and .* of (\d+) different/,
    (draft, _, [status, pods]) => expectThat(draft, { status: Number(status), pods: Number(pods) }),
  ],
  [
    /^the response must be served by the "(.*)" service$/,
    (draft, _, [service = ""]) => expectThat(draft, { service }),
  ],
  [
    /^the secure connection must verify the "(.*)" hostname$/,
    (draft) => expectThat(draft, { certificate: "default/conformance-tls" }),
  ],
  [/^the (request|response) (host|method|path|proto|headers) must /, () => undefined],
];

function expectThat(draft: Draft, more: Partial<Draft["expected"]>): void {
  draft.expected = { ...draft.expected, ...more };
}

function request(
  method: string,
  scheme: string,
  rest: string,
): Request & { readonly method: string } {
  const slash = rest.indexOf("/");
  const host = slash < 0 ? rest : rest.slice(0, slash);
  const path = slash < 0 ? "/" : rest.slice(slash);
  return scheme === "https"
    ? { method, scheme, sni: host, host, path }
    : { method, scheme: "http", host, path };
}

function ingressNamed(name: string, spec: Ingress["spec"]): Ingress {
  return { apiVersion: "networking.k8s.io/v1", kind: "Ingress", metadata: { name }, spec };
}

function tlsSecret(name: string, host: string): Manifest {
  const { certificate, key } = selfSigned([host]);
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name },
    type: "kubernetes.io/tls",
    data: {
      "tls.crt": Buffer.from(certificate).toString("base64"),
      "tls.key": Buffer.from(key).toString("base64"),
    },
  };
}

/** The upstream suite deploys an echo Service for every backend it finds; so do we. */
function worldOf(draft: Draft, pool: PodPool): World {
  const names = draft.ingresses.flatMap(backendsOf).flatMap(({ service }) => service?.name ?? []);
  const services = [...new Set(names)].flatMap((name, index) =>
    echoService(name, index * draft.replicas, draft.replicas, pool),
  );
  return [...draft.ingresses, ...draft.secrets, ...services];
}

function backendsOf({ spec }: Ingress): readonly IngressBackend[] {
  const paths = (spec.rules ?? []).flatMap((rule) => rule.http?.paths ?? []);
  return [...paths.map(({ backend }) => backend), spec.defaultBackend ?? {}];
}

function echoService(
  name: string,
  firstPod: number,
  replicas: number,
  pool: PodPool,
): readonly Manifest[] {
  const port = { name: "http", port: 8080 };
  const addresses = pool.addresses.slice(firstPod, firstPod + replicas);
  return [
    { apiVersion: "v1", kind: "Service", metadata: { name }, spec: { ports: [port] } },
    {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: { name: `${name}-1`, labels: { "kubernetes.io/service-name": name } },
      addressType: "IPv4",
      ports: [{ name: "http", port: pool.ports[0] }],
      endpoints: addresses.map((address) => ({ addresses: [address] })),
    },
  ];
}
