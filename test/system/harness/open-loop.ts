/** Requests at a steady rate, whether or not earlier ones were answered, without retries. */

import http from "node:http";
import { createClock } from "#runtime/real-clock.ts";

export interface Load {
  /** Ends it once every request has its answer; how many there were of each: a status, or the code of an error. */
  readonly stop: () => Promise<Readonly<Record<string, number>>>;
}

const tick = Temporal.Duration.from({ milliseconds: 20 });

/** Half of the requests share kept connections, the others have one each. */
export function startLoad(
  target: { readonly port: number; readonly host: string; readonly path: string },
  perSecond: number,
): Load {
  const clock = createClock();
  const agent = new http.Agent({ keepAlive: true, maxSockets: 16, scheduling: "fifo" });
  const counts: Record<string, number> = {};
  const open = new Set<Promise<void>>();
  const began = clock.monotonicMs();
  let sent = 0;
  let cancel = (): void => undefined;
  const send = (): void => {
    const due = Math.floor(((clock.monotonicMs() - began) / 1000) * perSecond);
    for (; sent < due; sent += 1) {
      const answered = ask(target, sent % 2 === 0 ? agent : false).then((answer) => {
        counts[answer] = (counts[answer] ?? 0) + 1;
        open.delete(answered);
      });
      open.add(answered);
    }
    cancel = clock.after(tick, send);
  };
  send();
  return {
    stop: async () => {
      cancel();
      await Promise.all(open);
      agent.destroy();
      return counts;
    },
  };
}

function ask(
  { port, host, path }: { readonly port: number; readonly host: string; readonly path: string },
  agent: http.Agent | false,
): Promise<string> {
  return new Promise((resolve) => {
    const options = { host: "127.0.0.1", port, path, headers: { host }, agent };
    http
      .get(options, (response) => {
        response.resume();
        response.once("end", () => resolve(`${response.statusCode}`));
        response.once("error", (error) => resolve(`body: ${error.message}`));
      })
      .once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  });
}
