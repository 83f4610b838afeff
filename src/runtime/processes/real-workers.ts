/** Threads of Node. */

import { Worker as Thread } from "node:worker_threads";
import type { Worker, Workers } from "./workers.ts";

interface Asked {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (reason: Error) => void;
}

/** The {@link Workers} of this process; a file answers `{ id, question }` by `{ id, answer }`. */
export function createWorkers(): Workers {
  return { start: <Question, Answer>(file: URL) => startWorker<Question, Answer>(file) };
}

function startWorker<Question, Answer>(file: URL): Worker<Question, Answer> {
  const asked = new Map<number, Asked>();
  let thread: Thread | undefined;
  let count = 0;
  const begin = (): Thread => {
    const begun = new Thread(file);
    begun.on("message", ({ id, answer }: { id: number; answer: Answer }) => {
      asked.get(id)?.resolve(answer);
      asked.delete(id);
      // A thread that waits for questions keeps nobody from ending.
      if (asked.size === 0) begun.unref();
    });
    const gone = (): void => {
      if (thread === begun) thread = undefined;
      for (const { reject } of asked.values()) reject(new Error("the thread ended"));
      asked.clear();
    };
    begun.on("error", gone);
    begun.on("exit", gone);
    return begun;
  };
  return {
    ask: (question) => {
      thread ??= begin();
      count += 1;
      const { promise, resolve, reject } = Promise.withResolvers<Answer>();
      asked.set(count, { resolve: (answer) => resolve(answer as Answer), reject });
      thread.ref();
      thread.postMessage({ id: count, question });
      return promise;
    },
    end: async () => {
      await thread?.terminate();
    },
  };
}
