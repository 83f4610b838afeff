/** Why Envoy ended, from its exit status and last words, with what to do about it. */

import type { RefusalReason } from "#envoy/refusal.ts";
import { explainRefusal } from "#envoy/refusal.ts";
import type { FilesError } from "#runtime/files.ts";
import type { ExitStatus, ProcessError } from "#runtime/processes/processes.ts";

export interface ExitReason {
  readonly reason:
    | RefusalReason
    | "UnsupportedSystem"
    | "FileNotWritable"
    | "OutOfMemory"
    | "TooManyOpenFiles"
    | "Killed"
    | "Crashed"
    | "NotStarted"
    | "Ended";
  /** One sentence, beginning with "Envoy". */
  readonly message: string;
  /** One sentence: what to do next. */
  readonly advice: string;
  /** False when another start can only end the same way. */
  readonly retryable: boolean;
}

const killed =
  "it is started again; if nobody did it, the kernel did for want of memory: see dmesg";

interface Rule {
  readonly pattern: RegExp;
  readonly explain: (match: RegExpExecArray) => ExitReason;
}

const report = "it is started again; if this repeats, report it with the end of envoy.log";

const rules: readonly Rule[] = [
  {
    pattern: /version `(GLIBC[^']*)' not found/,
    explain: ([, version]) => ({
      reason: "UnsupportedSystem",
      message: `Envoy does not run on this system: its C library lacks ${version}`,
      advice: "upgrade the distribution (glibc 2.31 or newer), or give your own Envoy with --envoy",
      retryable: false,
    }),
  },
  {
    pattern: /unable to open file '([^']+)': ([^\n`]+)/,
    explain: ([, file, why]) => ({
      reason: "FileNotWritable",
      message: `Envoy cannot write ${file}: ${why}`,
      advice: "make its directory writable and see that the disk is not full",
      retryable: true,
    }),
  },
  {
    pattern: /unable to bind domain socket with base_id=(\d+)/,
    explain: ([, id]) => ({
      reason: "AddressInUse",
      message: `Envoy found another Envoy with its base id ${id}`,
      advice: "it is started again with another id; no action is needed",
      retryable: true,
    }),
  },
  {
    pattern: /Out of memory|std::bad_alloc|MmapAligned\(\) failed/,
    explain: () => ({
      reason: "OutOfMemory",
      message: "Envoy got no memory from the system",
      advice: "give it more memory, or lift the limits (ulimit -v, container memory)",
      retryable: true,
    }),
  },
  {
    pattern: /Too many open files/,
    explain: () => ({
      reason: "TooManyOpenFiles",
      message: "Envoy may not open as many files as it needs",
      advice: "raise the limit (ulimit -n 65536, or LimitNOFILE= in a systemd unit)",
      retryable: true,
    }),
  },
  {
    pattern: /error `([\s\S]*?)` initializing config/,
    explain: ([, said]) => refused(said ?? ""),
  },
  { pattern: /cannot bind '[^\n]+/, explain: ([said]) => refused(said) },
];

/** `output` is what Envoy wrote to standard error and at the end of its log since it was started. */
export function explainExit(status: ExitStatus, output: string): ExitReason {
  for (const rule of rules) {
    const match = rule.pattern.exec(output);
    if (match !== null) return rule.explain(match);
  }
  if (status.code === undefined && status.signal === undefined) return unseen(output);
  if (status.signal === "SIGKILL") {
    return {
      reason: "Killed",
      message: "Envoy was killed from outside (signal 9)",
      advice: killed,
      retryable: true,
    };
  }
  if (status.signal !== undefined) {
    return {
      reason: "Crashed",
      message: `Envoy was ended by ${status.signal}`,
      advice: report,
      retryable: true,
    };
  }
  const last = output.split("\n").findLast((line) => line.trim() !== "");
  const words = last === undefined ? "" : `: ${last.slice(0, 400)}`;
  return {
    reason: "Ended",
    message: `Envoy ended with exit code ${status.code}${words}`,
    advice: report,
    retryable: true,
  };
}

/** How it ended was told to nobody: whoever ends by itself says something, whoever is killed does not. */
function unseen(output: string): ExitReason {
  const crash = /Caught (Segmentation fault|Aborted|[A-Z][a-z ]+), suspect/.exec(output)?.[1];
  if (crash !== undefined) {
    const message = `Envoy crashed: ${crash}`;
    return { reason: "Crashed", message, advice: report, retryable: true };
  }
  const said = output
    .split("\n")
    .findLast((line) => line.includes("][critical][") || (line.trim() !== "" && line[0] !== "["));
  if (said !== undefined) {
    const message = `Envoy ended: ${said.slice(0, 400)}`;
    return { reason: "Ended", message, advice: report, retryable: true };
  }
  return {
    reason: "Killed",
    message: "Envoy ended without a word: it was killed from outside",
    advice: killed,
    retryable: true,
  };
}

/** Envoy could not even be started. */
export function explainNoStart(cause: ProcessError | FilesError): ExitReason {
  const denied = cause.code === "denied";
  return {
    reason: "NotStarted",
    message: `Envoy was not started: ${cause.message}`,
    advice: denied
      ? "see that the file may be read and run, and its directory written, by this user"
      : "see that the file and its directory are still there and the disk is not full",
    retryable: true,
  };
}

function refused(said: string): ExitReason {
  const refusal = explainRefusal(said, []);
  return { ...refusal, message: `Envoy did not start: ${refusal.message}`, retryable: true };
}
