/** The names of log fields, so that one thing has one name in every line. */

/** Field names; what a field holds is said where it is not plain from its name. */
export const logFields = {
  /** The folder that speaks: `store`, `xds`. */
  component: "component",
  /** `Ingress/default/cafe`, with the field path where there is one. */
  object: "object",
  kind: "kind",
  namespace: "namespace",
  name: "name",
  resourceVersion: "resourceVersion",
  /** The reason of a finding or condition. */
  reason: "reason",
  /** What a finding says, and what to do. */
  message: "message",
  file: "file",
  line: "line",
  directory: "directory",
  path: "path",
  /** The message of a failure and of its causes. */
  error: "error",
  /** The code of a typed error. */
  code: "code",
  count: "count",
  bytes: "bytes",
  milliseconds: "milliseconds",
  /** The program that runs: `envoy`. */
  process: "process",
  pid: "pid",
  exitCode: "exitCode",
  signal: "signal",
  proxy: "proxy",
  node: "node",
  /** Tells the streams of one proxy apart. */
  stream: "stream",
  typeUrl: "typeUrl",
  resource: "resource",
  version: "version",
  nonce: "nonce",
  listener: "listener",
  cluster: "cluster",
  host: "host",
  address: "address",
  port: "port",
  pod: "pod",
  container: "container",
  image: "image",
  certificate: "certificate",
  attempt: "attempt",
} as const;

/** The message of an error followed by those of its causes: for {@link logFields.error}. */
export function errorText(error: unknown): string {
  const texts: string[] = [];
  for (let next: unknown = error, depth = 0; next !== undefined && depth < 8; depth++) {
    texts.push(next instanceof Error ? next.message : String(next));
    next = next instanceof Error ? next.cause : undefined;
  }
  return texts.join(": ");
}
