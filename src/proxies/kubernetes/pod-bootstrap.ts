/** What the pods of Envoy mount: their bootstrap and the files that tell it where certificates for xDS are. */

import { formatBootstrap } from "../bootstrap.ts";
import { formatXdsSecrets } from "../xds-file-secrets.ts";
import { xdsServerName } from "./xds-peers.ts";

export interface PodBootstrapSettings {
  /** Where Sekisho runs. */
  readonly namespace: string;
  /** The group of proxies. */
  readonly nodeCluster: string;
  /** The port of the Service in front of the replicas. */
  readonly xdsPort: number;
  readonly maxHeapBytes: number;
  readonly paths: PodPaths;
}

/** Absolute paths in the container of Envoy. */
export interface PodPaths {
  /** Where the files made here are. */
  readonly bootstrap: string;
  /** Where the Secret with certificate, key and bundle is. */
  readonly xds: string;
  /** A socket in a directory that Envoy may write. */
  readonly adminSocket: string;
  /** The socket of the authorization adapter, in a directory that both containers have. */
  readonly authorizationSocket: string;
}

/**
 * Contents by file name. Envoy is started with `bootstrap.json`, with `--service-node`, which names the pod, and with what
 * `formatReadyBootstrap` makes of the pod's address.
 */
export function formatPodBootstrap(
  settings: PodBootstrapSettings,
): Readonly<Record<string, string>> {
  const { namespace, nodeCluster, xdsPort, maxHeapBytes, paths } = settings;
  const host = xdsServerName(namespace);
  const secrets = formatXdsSecrets(paths.xds, host);
  return {
    "bootstrap.json": formatBootstrap({
      nodeCluster,
      maxHeapBytes,
      adminSocket: paths.adminSocket,
      authorizationSocket: paths.authorizationSocket,
      xds: { kind: "tls", host, port: xdsPort, secretsDirectory: paths.bootstrap },
      isAskedWhetherReady: true,
    }),
    ...Object.fromEntries(
      Object.entries(secrets).map(([name, text]) => [`${name}.json`, text] as const),
    ),
  };
}
