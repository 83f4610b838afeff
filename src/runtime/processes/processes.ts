/** Other programs, injected. */

export interface Command {
  readonly command: string;
  readonly args: readonly string[];
  /** The whole environment of the child. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Where standard output and error go: appended to a file, so that the child outlives us. */
  readonly output: { readonly file: string };
  /** A session of its own: signals to our terminal do not reach it. */
  readonly ownSession: boolean;
  /**
   * Nobody's child: for programs that ask the kernel to end them with their parent (prctl(2), PR_SET_PDEATHSIG), as
   * Envoy does when it can be hot restarted. How it ends is then not known. The command is an absolute path. Default
   * false.
   */
  readonly orphan?: boolean;
}

/** A process that may not be our child: the start time tells it from a later one with the same number. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks since boot (`/proc/PID/stat`, field 22). */
  readonly startTicks: string;
}

/** Both undefined: it was not our child, so nobody told us. */
export interface ExitStatus {
  readonly code: number | undefined;
  readonly signal: string | undefined;
}

export interface Child {
  readonly identity: ProcessIdentity;
  readonly exited: Promise<ExitStatus>;
}

export interface Processes {
  /** Starts a program; throws ProcessError `not-found` or `denied`. */
  readonly start: (command: Command) => Promise<Child>;
  /** Runs a program to its end with its output collected (at most 1 MiB of each). */
  readonly run: (
    command: Omit<Command, "output" | "ownSession">,
    signal?: AbortSignal,
  ) => Promise<ExitStatus & { readonly stdout: string; readonly stderr: string }>;
  /** True while that very process lives; a zombie counts as dead. */
  readonly alive: (identity: ProcessIdentity) => Promise<boolean>;
  /** Sends a signal to a process, or to the group that it leads; false when the process is gone. */
  readonly signal: (
    identity: ProcessIdentity,
    name: "SIGTERM" | "SIGKILL" | "SIGINT",
    whom: "process" | "group",
  ) => Promise<boolean>;
}

export class ProcessError extends Error {
  readonly code: "not-found" | "denied" | "other";
  readonly retryable = false;
  constructor(code: "not-found" | "denied" | "other", message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "ProcessError";
    this.code = code;
  }
}
