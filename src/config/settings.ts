/** Our own settings: what `sekisho.yaml` may hold, with the defaults. Flags win over the file. */

import type { Json } from "#base/json.ts";
import { isNameserver, isNetwork } from "#base/network-text.ts";
import {
  boolean,
  fields,
  integer,
  list,
  mapOf,
  oneOf,
  optional,
  type Parsed,
  type Parser,
  type Problem,
  text,
} from "#base/schema.ts";
import { type IssuerName, issuerName } from "./issuer-name.ts";
import { type ListenAddress, listenAddress } from "./listen-address.ts";

/** `nginx-ingress/nginx-config` */
const placedName: Parser<PlacedName> = (value, reading) => {
  const [, namespace, name] =
    /^([a-z0-9][-a-z0-9]*)\/([a-z0-9][-.a-z0-9]*)$/.exec(typeof value === "string" ? value : "") ??
    [];
  if (namespace !== undefined && name !== undefined) return { namespace, name };
  reading.problems.push({
    path: reading.path,
    problem: "invalid",
    message: "must be NAMESPACE/NAME, such as nginx-ingress/nginx-config",
  });
  return undefined;
};

/** The name of an object, and the namespace that it is in. */
export interface PlacedName {
  readonly namespace: string;
  readonly name: string;
}

/** A network in CIDR form, or one address. */
const network: Parser<string> = (value, reading) => {
  if (typeof value === "string" && isNetwork(value)) return value;
  reading.problems.push({
    path: reading.path,
    problem: "invalid",
    message: "must be a network such as 10.0.0.0/8 or 2001:db8::/32, or one address",
  });
  return undefined;
};

/** A DNS server that is asked. */
const nameserver: Parser<string> = (value, reading) => {
  if (typeof value === "string" && isNameserver(value)) return value;
  reading.problems.push({
    path: reading.path,
    problem: "invalid",
    message: "must be an address with a port such as 192.0.2.1:53, or an https URL",
  });
  return undefined;
};

const image = fields({
  command: optional(list(text)),
  args: optional(list(text)),
  env: optional(mapOf(text)),
  workingDir: optional(text),
  manifestCommands: optional(boolean),
});

const file = fields({
  http: optional(integer(1, 65535)),
  https: optional(integer(1, 65535)),
  address: optional(text),
  data: optional(text),
  envoy: optional(text),
  workloads: optional(oneOf("process", "none")),
  isolation: optional(oneOf("auto", "root", "user", "none")),
  concurrency: optional(integer(1, 1024)),
  drainSeconds: optional(integer(0, 3600)),
  hotRestartSeconds: optional(integer(0, 86_400)),
  ingressClasses: optional(list(text)),
  nginxConfigMap: optional(placedName),
  nginxGlobalConfiguration: optional(placedName),
  trustedProxies: optional(list(network)),
  proxyProtocol: optional(boolean),
  allowedClients: optional(list(network)),
  certificateLayout: optional(oneOf("chains", "on-demand")),
  accessLog: optional(
    fields({
      format: optional(oneOf("text", "json", "none")),
      samplePercent: optional(integer(0, 100)),
    }),
  ),
  metrics: optional(listenAddress),
  routeStatistics: optional(boolean),
  outboundAddresses: optional(list(network)),
  dnsResolvers: optional(list(nameserver)),
  clusterResourceNamespace: optional(text),
  issuerAmbientCredentials: optional(boolean),
  certificateOwnerRef: optional(boolean),
  defaultIssuer: optional(issuerName),
  autoCertificateAnnotations: optional(list(text)),
  extraCertificateAnnotations: optional(list(text)),
  certificates: optional(oneOf("own", "observe", "off")),
  images: optional(mapOf(image)),
});

export type ImageSetting = Parsed<typeof image>;

export interface Settings {
  /** Undefined: 80 when allowed and free, else 8080. */
  readonly http: number | undefined;
  /** Undefined: 443 when allowed and free, else 8443. */
  readonly https: number | undefined;
  /** The address both ports are opened on. */
  readonly address: string;
  /** Undefined: below the XDG state directory, by served directory. */
  readonly data: string | undefined;
  /** Undefined: found on the machine or installed. */
  readonly envoy: string | undefined;
  readonly workloads: "process" | "none";
  /** What pods have of their own: `root` and `user` give namespaces, `none` an address alone; `auto` is the strongest that works. */
  readonly isolation: "auto" | "root" | "user" | "none";
  /** Worker threads of Envoy. */
  readonly concurrency: number | undefined;
  readonly drainSeconds: number;
  /** How long what is open at a hot restart may go on in the old Envoy. */
  readonly hotRestartSeconds: number;
  readonly ingressClasses: "all" | readonly string[];
  /** NGINX Ingress Controller's own settings. Undefined: where its manifests have them; in a cluster, nowhere. */
  readonly nginxConfigMap: PlacedName | undefined;
  /** The GlobalConfiguration that opens ports. Undefined: the oldest. */
  readonly nginxGlobalConfiguration: PlacedName | undefined;
  /** Proxies in front whose X-Forwarded-For is believed. */
  readonly trustedProxies: readonly string[];
  /** Whether connections begin with a PROXY protocol header. */
  readonly proxyProtocol: boolean;
  /** Networks that may send requests; empty: all. */
  readonly allowedClients: readonly string[];
  /** Undefined: decided when the gate starts, by the number of certificates. */
  readonly certificateLayout: "chains" | "on-demand" | undefined;
  readonly accessLog: { readonly format: "text" | "json" | "none"; readonly samplePercent: number };
  /** Undefined: metrics are not served. */
  readonly metrics: ListenAddress | undefined;
  /** Whether Envoy counts the requests of each route. */
  readonly routeStatistics: boolean;
  /** Networks and addresses that issuers may have us connect to although they are inside. */
  readonly outboundAddresses: readonly string[];
  /** Whom DNS is asked about challenge records; empty: the resolvers of this machine. */
  readonly dnsResolvers: readonly string[];
  /** Where Secrets of ClusterIssuers are. */
  readonly clusterResourceNamespace: string;
  /** Whether Issuers of one namespace may use what this process is let into clouds by, as ClusterIssuers may. */
  readonly issuerAmbientCredentials: boolean;
  readonly certificateOwnerRef: boolean;
  /** Who issues for an Ingress that asks for certificates without naming an issuer. Undefined: nobody. */
  readonly defaultIssuer: IssuerName | undefined;
  /** By which annotations, as true, an Ingress asks so. */
  readonly autoCertificateAnnotations: readonly string[];
  /** Which annotations of an Ingress its Certificates have, too. */
  readonly extraCertificateAnnotations: readonly string[];
  /** `own`: what Certificates ask for is issued here. `observe`, `off`: it is not; what Secrets hold is served. */
  readonly certificates: "own" | "observe" | "off";
  readonly images: Readonly<Record<string, ImageSetting>>;
}

export const defaults: Settings = {
  http: undefined,
  https: undefined,
  address: "0.0.0.0",
  data: undefined,
  envoy: undefined,
  workloads: "process",
  isolation: "auto",
  concurrency: undefined,
  drainSeconds: 10,
  hotRestartSeconds: 600,
  ingressClasses: "all",
  nginxConfigMap: undefined,
  nginxGlobalConfiguration: undefined,
  trustedProxies: [],
  proxyProtocol: false,
  allowedClients: [],
  certificateLayout: undefined,
  accessLog: { format: "text", samplePercent: 100 },
  metrics: undefined,
  routeStatistics: false,
  outboundAddresses: [],
  dnsResolvers: [],
  clusterResourceNamespace: "cert-manager",
  issuerAmbientCredentials: false,
  certificateOwnerRef: false,
  defaultIssuer: undefined,
  autoCertificateAnnotations: ["kubernetes.io/tls-acme"],
  extraCertificateAnnotations: [],
  certificates: "own",
  images: {},
};

/** What a file says itself. */
export type GivenSettings = Parsed<typeof file>;

/** The settings of a file's content over the defaults, and what is wrong with it. */
export function readSettings(content: Json): {
  readonly settings: Settings;
  readonly given: GivenSettings;
  readonly problems: readonly Problem[];
} {
  const problems: Problem[] = [];
  const given = file(content ?? {}, { path: "", problems }) ?? {};
  return {
    settings: { ...defaults, ...given, accessLog: { ...defaults.accessLog, ...given.accessLog } },
    given,
    problems,
  };
}
