/** A thread that does nothing but make private keys, behind everything else that wants the processor. */

import { constants, setPriority } from "node:os";
import { parentPort } from "node:worker_threads";
import { generatePrivateKey, type KeyChoice } from "#crypto/keys/private-key.ts";

// Of this thread alone: Linux keeps a priority for each thread (setpriority(2), "C library/kernel differences").
setPriority(constants.priority.PRIORITY_BELOW_NORMAL);

parentPort?.on("message", ({ id, question }: { id: number; question: KeyChoice }) => {
  parentPort?.postMessage({ id, answer: generatePrivateKey(question) });
});
