/** Makes private keys: those that take long in threads of their own, so that nobody else waits for them. */

import { generatePrivateKey, importPrivateKey, type KeyChoice } from "#crypto/keys/private-key.ts";
import type { SigningKey } from "#crypto/keys/signing-key.ts";
import type { Worker, Workers } from "#runtime/processes/workers.ts";

export interface KeyMaker {
  readonly make: (choice: KeyChoice) => Promise<SigningKey>;
  readonly close: () => Promise<void>;
}

/** With so many threads; they are started when a key is asked for. */
export function createKeyMaker(workers: Workers, threads: number): KeyMaker {
  const started: Worker<KeyChoice, Uint8Array>[] = [];
  let turn = 0;
  const next = (): Worker<KeyChoice, Uint8Array> => {
    turn = (turn + 1) % threads;
    const file = new URL("./key-worker.ts", import.meta.url);
    const worker = started[turn] ?? workers.start<KeyChoice, Uint8Array>(file);
    started[turn] = worker;
    return worker;
  };
  return {
    make: async (choice) =>
      importPrivateKey(
        choice.algorithm === "RSA" ? await next().ask(choice) : generatePrivateKey(choice),
      ),
    close: async () => {
      await Promise.all(started.map((worker) => worker?.end()));
    },
  };
}
