/** A thread that does nothing but hash passwords, behind everything else that wants the processor. */

import { constants, setPriority } from "node:os";
import { parentPort } from "node:worker_threads";
import type { StoredHash } from "../htpasswd.ts";
import { verifyHash } from "./verify-hash.ts";

export interface HashQuestion {
  readonly hash: StoredHash;
  readonly password: string;
}

// Of this thread alone: Linux keeps a priority for each thread (setpriority(2), "C library/kernel differences").
setPriority(constants.priority.PRIORITY_LOW);

parentPort?.on("message", ({ id, question }: { id: number; question: HashQuestion }) => {
  parentPort?.postMessage({ id, answer: verifyHash(question.hash, question.password) });
});
