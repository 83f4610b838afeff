/** Where the workloads keep what they keep, below the data directory. */

import { contentHash } from "#base/content-hash.ts";
import type { KubeObject } from "#kinds/object.ts";
import { type Files, FilesError } from "#runtime/files.ts";

export interface DataLayout {
  /** A directory a pod, by uid: volumes and mount points. */
  readonly pods: string;
  /** A directory a pod: output of its containers. */
  readonly logs: string;
  /** The next pod address. */
  readonly addresses: string;
  /** For what is tried out at start. */
  readonly trial: string;
}

/** The layout of a data directory. */
export function dataLayout(dataDirectory: string): DataLayout {
  const base = `${dataDirectory}/workloads`;
  return {
    pods: `${base}/pods`,
    logs: `${base}/logs`,
    addresses: `${base}/addresses`,
    trial: `${base}/trial`,
  };
}

/** The variable that every process of this data directory has. */
export const dataMark = "SEKISHO_DATA";

/** Its value. */
export function dataMarkValue(dataDirectory: string): string {
  return contentHash(dataDirectory);
}

/** The variable as `NAME=value`. */
export function dataMarkVariable(dataDirectory: string): string {
  return `${dataMark}=${dataMarkValue(dataDirectory)}`;
}

/** The directory of a pod's output; the underscore cannot be part of a name. */
export function podLogDirectory(layout: DataLayout, pod: KubeObject): string {
  const { namespace, name, uid } = pod.metadata;
  return `${layout.logs}/${namespace}_${name}_${uid}`;
}

/** The output of pods of this name, there or gone, by container. */
export async function findLogs(
  files: Files,
  dataDirectory: string,
  pod: { readonly namespace: string; readonly name: string },
): Promise<ReadonlyMap<string, string>> {
  const { logs } = dataLayout(dataDirectory);
  const found = new Map<string, string>();
  if ((await files.status(logs)) === undefined) return found;
  const directories = (await files.list(logs)).map(({ name }) => name);
  for (const directory of directories) {
    if (!directory.startsWith(`${pod.namespace}_${pod.name}_`)) continue;
    for (const { name } of await files.list(`${logs}/${directory}`)) {
      found.set(name, `${logs}/${directory}/${name}`);
    }
  }
  return found;
}

/** The next address as an earlier run left it; undefined in the first run. */
export async function readNextAddress(
  files: Files,
  layout: DataLayout,
): Promise<number | undefined> {
  try {
    const text = Buffer.from(await files.read(layout.addresses, 64)).toString("utf8");
    const next = Number.parseInt(text, 10);
    return Number.isNaN(next) ? undefined : next;
  } catch (cause) {
    if (cause instanceof FilesError && cause.code === "not-found") return undefined;
    throw cause;
  }
}
