/** Where a pod's processes run: with namespaces of their own, or beside everything else. */

import type { ProcessIdentity } from "#runtime/processes/processes.ts";

/** A program to run. */
export interface Invocation {
  readonly command: string;
  readonly args: readonly string[];
  readonly workingDir: string | undefined;
}

/** What {@link PodPlace.enter} makes of it: ready for Processes. */
export interface EnteredInvocation {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd?: string;
}

/** A file or directory that a container sees at a path of its own. */
export interface Mount {
  readonly source: string;
  readonly target: string;
  readonly kind: "directory" | "file";
  readonly readOnly: boolean;
}

export type IsolationMode = "root" | "user" | "none";

export interface PodRequest {
  /** Unique among pods that run at the same time. */
  readonly uid: string;
  readonly hostname: string;
  /** The pod's address, 127.x.y.z. */
  readonly address: string;
  /** TCP ports that must be reachable; others may be. */
  readonly ports: readonly number[];
  /** Every process made for the pod has these variables: that is how leftovers are found. */
  readonly env: Readonly<Record<string, string>>;
  /** Where output of helpers goes. */
  readonly logFile: string;
  /** An existing empty directory of the pod's, for mounting. */
  readonly mountRoom: string;
  /** The pod wants the host's network. */
  readonly hostNetwork: boolean;
}

export interface PodPlace {
  /** The process that keeps the namespaces; undefined without any. */
  readonly holder: ProcessIdentity | undefined;
  /** Whether volumes appear at their mount paths. */
  readonly mounts: boolean;
  /** The port a program must listen on to be reached as `port`. */
  readonly listenPort: (port: number) => number;
  /** The port at which `port` is reached on the pod's address from outside. */
  readonly reach: (port: number) => number;
  /** How to run a program inside. */
  readonly enter: (invocation: Invocation, mounts: readonly Mount[]) => EnteredInvocation;
  /** True when something inside listens on a TCP port. */
  readonly listens: (port: number, signal: AbortSignal) => Promise<boolean>;
  /** Removes what was made; the pod's programs have ended before. */
  readonly close: () => Promise<void>;
}

export interface Isolation {
  readonly mode: IsolationMode;
  /** Makes a place; throws IsolationError. */
  readonly open: (pod: PodRequest) => Promise<PodPlace>;
  /** The place that an earlier run made for the pod, by its `holder`; undefined when it is gone. */
  readonly adopt: (
    pod: PodRequest,
    holder: ProcessIdentity | undefined,
  ) => Promise<PodPlace | undefined>;
}

export class IsolationError extends Error {
  readonly code = "isolation";
  readonly retryable = true;
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "IsolationError";
  }
}
