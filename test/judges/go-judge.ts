/** Go's crypto/x509 as a judge: {@link askGo} puts all its questions to one process. */

import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";

export interface Question {
  readonly name: string;
  /** PEM: the leaf first. */
  readonly chain: string;
  /** PEM. Default: the leaf signs itself, and is verified by itself. */
  readonly roots?: string;
  /** PEM. Default: not looked at, as the request. */
  readonly key?: string;
  readonly request?: string;
}

export interface Verdict {
  readonly name: string;
  /** What Go finds wrong; empty: nothing. */
  readonly problem: string;
  /** DNS names, addresses of both kinds and URIs, sorted. */
  readonly names: readonly string[];
  readonly subject: string;
  readonly isCA: boolean;
  readonly key: string;
  /** Bits of the key usages, as Go numbers them. */
  readonly usages: number;
  /** How many extended key usages there are. */
  readonly others: number;
}

/** In the order of the questions. Rejects when the program cannot be built or run. */
export async function askGo(questions: readonly Question[]): Promise<readonly Verdict[]> {
  const child = spawn("go", ["run", "judge.go"], {
    cwd: import.meta.dirname,
    // It needs nothing but what Go brings.
    env: { ...process.env, CGO_ENABLED: "0", GOPROXY: "off", GOWORK: "off", GOFLAGS: "" },
    stdio: ["pipe", "pipe", "pipe"],
  });
  const { promise: ended, resolve, reject } = Promise.withResolvers<number | null>();
  child.on("error", reject).on("close", resolve);
  child.stdin.end(JSON.stringify(questions));
  const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  if (code !== 0) throw new Error(`Go's judge ended with ${code}: ${err}`);
  return JSON.parse(out) as readonly Verdict[];
}
