/** One replica of an installed control plane, spoken to as its proxies and its kubelet do. */

import tls from "node:tls";
import { xdsServerName } from "#proxies/kubernetes/xds-peers.ts";
import { DeltaClient } from "#test/fakes/delta-client.ts";
import type { Lab } from "./lab.ts";

const namespace = "sekisho-system";
const system = `--namespace=${namespace}`;

export interface Replica extends AsyncDisposable {
  /** Of its pod. */
  readonly name: string;
  /** Opens a stream with the certificate that proxies mount. */
  readonly client: (node: string) => DeltaClient;
  /** The text of `/metrics` or `/status`. */
  readonly page: (path: string) => Promise<string>;
}

/** The pods of the control plane that are ready to serve. */
export async function replicaNames(lab: Lab): Promise<readonly string[]> {
  const pods = ["get", "pods", system, "--selector=app.kubernetes.io/name=sekisho-controller"];
  return (await lab.kubectl([...pods, "-o", "jsonpath={.items[*].metadata.name}"])).split(" ");
}

export async function openReplica(lab: Lab, name: string): Promise<Replica> {
  await using undo = new AsyncDisposableStack();
  const path = "jsonpath={.status.podIP}";
  const address = await lab.kubectl(["get", "pod", name, system, "-o", path]);
  const xds = undo.use(await lab.forward(`${address}:18000`));
  const pages = undo.use(await lab.forward(`${address}:9464`));
  const secret = ["get", "secret", "sekisho-xds-proxy", system, "-o", "json"];
  const { data } = JSON.parse(await lab.kubectl(secret)) as {
    readonly data: Readonly<Record<string, string>>;
  };
  const value = (key: string): Buffer => Buffer.from(data[key] ?? "", "base64");
  const connect = (): tls.TLSSocket =>
    tls.connect({
      host: "127.0.0.1",
      port: xds.port,
      servername: xdsServerName(namespace),
      ALPNProtocols: ["h2"],
      ca: value("ca.crt"),
      cert: value("tls.crt"),
      key: value("tls.key"),
    });
  const open = undo.move();
  return {
    name,
    client: (node) => open.use(new DeltaClient(connect, node, "aggregated")),
    page: async (wanted) => {
      const response = await fetch(`http://127.0.0.1:${pages.port}${wanted}`);
      if (!response.ok) throw new Error(`${wanted} of ${name} answers ${response.status}`);
      return await response.text();
    },
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
}
