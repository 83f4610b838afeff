/** Settings of sekisho.yaml that do nothing in a cluster, where Envoys and pods are not ours to run. */

import type { GivenSettings, Settings } from "#config/settings.ts";

export interface IdleSetting {
  readonly setting: string;
  readonly advice: string;
}

/** What a replica of the control plane takes. */
const usedInCluster = [
  "address",
  "ingressClasses",
  "nginxConfigMap",
  "nginxGlobalConfiguration",
  "trustedProxies",
  "proxyProtocol",
  "allowedClients",
  "certificateLayout",
  "accessLog",
  "routeStatistics",
  "outboundAddresses",
  "dnsResolvers",
  "clusterResourceNamespace",
  "issuerAmbientCredentials",
  "certificateOwnerRef",
  "defaultIssuer",
  "autoCertificateAnnotations",
  "extraCertificateAnnotations",
] as const satisfies readonly (keyof Settings)[];

const ofProxies = "set it where the proxies are started: deploy/3-proxy.yaml";
const remove = "remove it: pods are run by the cluster";

/** What does it there, for each of the others. */
const instead: Readonly<Record<Exclude<keyof Settings, (typeof usedInCluster)[number]>, string>> = {
  http: "give sekisho controller --http",
  https: "give sekisho controller --https",
  metrics: "give sekisho controller --pages",
  data: "remove it: state is in the API server",
  envoy: ofProxies,
  concurrency: ofProxies,
  drainSeconds: ofProxies,
  hotRestartSeconds: "remove it: proxies are replaced by a rollout",
  workloads: remove,
  isolation: remove,
  images: remove,
  certificates: "give sekisho controller --certificates",
};

/** Those that a file gives. */
export function idleSettings(given: GivenSettings): readonly IdleSetting[] {
  const idle = Object.entries(instead).flatMap(([setting, advice]) =>
    Object.hasOwn(given, setting) ? [{ setting, advice }] : [],
  );
  if (given.accessLog?.format !== "text") return idle;
  const advice = "remove it: proxies in a cluster log one JSON object a request";
  return [...idle, { setting: "accessLog.format", advice }];
}
