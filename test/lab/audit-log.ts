/** What service accounts asked of a lab's API server, from the server's own audit log. */

import {
  closeSync,
  fstatSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** One request that was answered, or is being answered as a watch is. */
export interface AuditedRequest {
  readonly verb: string;
  readonly path: string;
  readonly status: number;
  /** `system:serviceaccount:NAMESPACE:NAME`. */
  readonly user: string;
  /** The pod whose token it came with. */
  readonly pod: string;
  readonly apiGroup: string;
  /** With the subresource: `ingresses/status`. */
  readonly resource: string;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
}

/** A line of the log (audit.k8s.io/v1, "Event"). */
interface AuditEvent {
  readonly verb: string;
  readonly requestURI: string;
  readonly user: {
    readonly username?: string;
    readonly extra?: Readonly<Record<string, readonly string[]>>;
  };
  readonly responseStatus?: { readonly code?: number };
  readonly objectRef?: {
    readonly apiGroup?: string;
    readonly resource?: string;
    readonly subresource?: string;
    readonly namespace?: string;
    readonly name?: string;
  };
}

const largestMegabytes = 10_000;

export class AuditLog implements Disposable {
  readonly #directory = mkdtempSync(join(tmpdir(), "sekisho-audit-"));
  /** For `apiserverFlags` of the lab. The log is written before the answer is sent. */
  readonly flags: readonly string[];

  /** `accounts`: each as `NAMESPACE:NAME`. */
  constructor(...accounts: readonly string[]) {
    const policy = {
      apiVersion: "audit.k8s.io/v1",
      kind: "Policy",
      omitStages: ["RequestReceived"],
      rules: [{ level: "Metadata", users: accounts.map(auditedUser) }],
    };
    const file = join(this.#directory, "policy.json");
    writeFileSync(file, JSON.stringify(policy));
    this.flags = [
      ...[`--audit-policy-file=${file}`, `--audit-log-path=${this.#file}`],
      // A log that goes on in another file would be read from its middle.
      `--audit-log-maxsize=${largestMegabytes}`,
    ];
  }

  /** All until now, in their order. A watch is there twice once it has ended. */
  requests(): readonly AuditedRequest[] {
    return this.since(0).requests;
  }

  /** Those behind a place in the log (0: its beginning), and the place behind them. */
  since(place: number): { readonly requests: readonly AuditedRequest[]; readonly end: number } {
    const bytes = readFrom(this.#file, place);
    const whole = bytes.subarray(0, bytes.lastIndexOf("\n") + 1);
    const lines = whole.toString("utf8").split("\n").slice(0, -1);
    const requests = lines.map((line) => requestOf(JSON.parse(line) as AuditEvent));
    return { requests, end: place + whole.length };
  }

  [Symbol.dispose](): void {
    rmSync(this.#directory, { recursive: true, force: true });
  }

  get #file(): string {
    return join(this.#directory, "audit.log");
  }
}

function readFrom(file: string, place: number): Buffer {
  const descriptor = openSync(file, "r");
  try {
    const bytes = Buffer.alloc(fstatSync(descriptor).size - place);
    return bytes.subarray(0, readSync(descriptor, bytes, 0, bytes.length, place));
  } finally {
    closeSync(descriptor);
  }
}

/** As the log names a service account `NAMESPACE:NAME`. */
export function auditedUser(account: string): string {
  return `system:serviceaccount:${account}`;
}

function requestOf({
  verb,
  requestURI,
  user,
  responseStatus,
  objectRef,
}: AuditEvent): AuditedRequest {
  const { resource = "", subresource } = objectRef ?? {};
  return {
    verb,
    path: requestURI,
    status: responseStatus?.code ?? 0,
    user: user.username ?? "",
    pod: user.extra?.["authentication.kubernetes.io/pod-name"]?.[0] ?? "",
    apiGroup: objectRef?.apiGroup ?? "",
    resource: subresource === undefined ? resource : `${resource}/${subresource}`,
    namespace: objectRef?.namespace,
    name: objectRef?.name,
  };
}
