/** How an issuer shows an ACME server that a name is its own (cert-manager API reference, `spec.acme.solvers[]`). */

import { isNameserver } from "#base/network-text.ts";
import {
  anything,
  checked,
  fields,
  integer,
  list,
  mapOf,
  oneOf,
  optional,
  type Parsed,
  text,
} from "#base/schema.ts";
import type { FieldWithoutEffect } from "../kind.ts";
import { dns01Providers } from "./dns01-provider.ts";

const selector = fields({
  dnsNames: optional(list(text), "These names exactly."),
  dnsZones: optional(list(text), "Names in these zones."),
  matchLabels: optional(mapOf(text), "Names of Certificates with these labels."),
});

const labelsAndAnnotations = fields({
  annotations: optional(mapOf(text), "Annotations that it gets."),
  labels: optional(mapOf(text), "Labels that it gets."),
});

const podTemplate = fields({
  metadata: optional(labelsAndAnnotations, "Of the pod."),
  spec: optional(
    fields({
      nodeSelector: optional(anything, "Nodes that may run it."),
      affinity: optional(anything, "Nodes that should run it."),
      tolerations: optional(anything, "Taints that it stands."),
      priorityClassName: optional(text, "Its priority."),
      serviceAccountName: optional(text, "Its ServiceAccount."),
      imagePullSecrets: optional(anything, "Credentials for its image."),
      securityContext: optional(anything, "What it may do."),
      resources: optional(anything, "What it needs."),
    }),
    "What runs.",
  ),
});

const serviceType = optional(
  oneOf("", "ClusterIP", "NodePort"),
  "Type of the Service before the solver's pod.",
);

const ingress = checked(
  fields({
    serviceType,
    ingressClassName: optional(text, "Class of the Ingress that answers."),
    class: optional(text, "The same, by the older annotation."),
    name: optional(text, "An Ingress that is there and answers."),
    podTemplate: optional(podTemplate, "Of the solver's pod."),
    ingressTemplate: optional(
      fields({ metadata: optional(labelsAndAnnotations, "Of the Ingress.") }),
      "Of the Ingress that answers.",
    ),
  }),
  {
    holds: ({ ingressClassName, class: classText, name = "" }) =>
      [ingressClassName !== undefined, classText !== undefined, name !== ""].filter(Boolean)
        .length < 2,
    message: "only one of 'ingressClassName', 'name' or 'class' should be specified",
  },
);

const gatewayHTTPRoute = fields({
  serviceType,
  labels: optional(mapOf(text), "Labels of the HTTPRoute."),
  parentRefs: optional(
    list(
      fields({
        group: optional(text, "API group."),
        kind: optional(text, "Kind."),
        namespace: optional(text, "Namespace."),
        name: optional(text, "Name."),
        sectionName: optional(text, "One listener of it."),
        port: optional(integer(1, 65535), "Listeners on this port."),
      }),
    ),
    "Gateways that answer.",
  ),
  podTemplate: optional(podTemplate, "Of the solver's pod."),
});

const http01 = checked(
  fields({
    ingress: optional(ingress, "As an Ingress does it."),
    gatewayHTTPRoute: optional(gatewayHTTPRoute, "As an HTTPRoute does it."),
  }),
  {
    holds: (given) => Object.keys(given).length > 0,
    message: "no HTTP01 solver type configured",
  },
  {
    holds: (given) => Object.keys(given).length < 2,
    message: "only 1 HTTP01 solver type may be configured",
  },
);

const dns01 = checked(
  fields({
    cnameStrategy: optional(
      oneOf("", "None", "Follow"),
      "Whether the record is written where a CNAME of its name leads; default None.",
    ),
    nameservers: optional(
      list(text),
      "Resolvers that are asked, as address:port or https URL; default those of the machine.",
    ),
    ...dns01Providers,
  }),
  {
    holds: ({ nameservers = [] }) => nameservers.every(isNameserver),
    message: "nameservers must be <ip address>:<port> or https://<DoH RFC 8484 server address>",
  },
  {
    holds: (given) => providersOf(given).length > 0,
    message: "no DNS01 provider configured",
  },
  {
    holds: (given) => providersOf(given).length < 2,
    message: "may not specify more than one provider type",
  },
);

function providersOf(given: object): readonly string[] {
  return Object.keys(dns01Providers).filter((name) => name in given);
}

/** Reads one entry of `spec.acme.solvers`; what of it does nothing say {@link solverFieldsWithoutEffect}. */
export const acmeSolver = checked(
  fields({
    selector: optional(selector, "What it is for; absent: whatever no other one is for."),
    http01: optional(http01, "By an answer over HTTP."),
    dns01: optional(dns01, "By a record in DNS."),
    waitInsteadOfSelfCheck: optional(
      text,
      'How long is waited before the server is told, as in "30s", where we cannot look ourselves.',
    ),
  }),
  {
    holds: ({ http01: http, dns01: dns }) => http === undefined || dns === undefined,
    message: "may not specify more than one solver type in a single solver",
  },
  {
    holds: ({ http01: http, dns01: dns }) => http !== undefined || dns !== undefined,
    message: "no solver type configured",
  },
);

export type AcmeSolver = Parsed<typeof acmeSolver>;
export type SolverSelector = Parsed<typeof selector>;
export type Dns01Solver = Parsed<typeof dns01>;

const noPod = {
  reason: "challenges are answered by the proxies, so no solver pod runs",
  advice: "nothing needs to be done; it can stay for cert-manager",
};

const noProvider = {
  severity: "warning",
  reason: "this DNS provider is not served",
  advice:
    "use cloudflare, route53, azureDNS, rfc2136 or webhook, or let cnameStrategy Follow lead to a zone at one of these",
} as const;

/** What is known of solvers and does nothing, below the path of a list of them: `spec.acme.solvers[]`. */
export function solverFieldsWithoutEffect(solvers: string): readonly FieldWithoutEffect[] {
  return [
    ...["serviceType", "podTemplate"].flatMap((field) => [
      { path: `${solvers}.http01.ingress.${field}`, harmless: [""], ...noPod },
      { path: `${solvers}.http01.gatewayHTTPRoute.${field}`, harmless: [""], ...noPod },
    ]),
    ...["cloudDNS", "acmeDNS", "digitalocean", "akamai"].map((provider) => ({
      path: `${solvers}.dns01.${provider}`,
      ...noProvider,
    })),
  ];
}
