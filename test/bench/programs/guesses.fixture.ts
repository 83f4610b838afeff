/**
 * Who guesses passwords as a program, in a process of its own: `PORT HOST PATH PER_SECOND ADDRESSES ATTEMPTS`. It comes from so
 * many addresses of this machine in turn, and says of each second how often it was answered how. `ATTEMPTS` is `guess`, or
 * `nothing`: as many requests without a password.
 */

import { once } from "node:events";
import http from "node:http";
import { createClock } from "#runtime/real-clock.ts";

const [port = "", host = "", path = "", perSecond = "", addresses = "", attempts = ""] =
  process.argv.slice(2);
const clock = createClock();
const agents = Array.from(
  { length: Number(addresses) },
  (_, index) =>
    new http.Agent({
      ...{ keepAlive: true, maxSockets: 64 },
      localAddress: `127.0.1.${index + 1}`,
    }),
);
/** Guesses that come in heaps wait for each other, and everybody else for them. */
const tick = Temporal.Duration.from({ milliseconds: 1 });
const began = clock.monotonicMs();
const counts = new Map<string, number>();
let sent = 0;

function count(answer: string): void {
  counts.set(answer, (counts.get(answer) ?? 0) + 1);
}

function ask(): void {
  const agent = agents[sent % agents.length];
  const guess = `Basic ${btoa(`alice:wrong ${sent}`)}`;
  const headers = attempts === "guess" ? { host, authorization: guess } : { host };
  http
    .get({ host: "127.0.0.1", port, path, headers, agent }, (response) => {
      count(`${response.statusCode}`);
      response.resume();
    })
    .once("error", () => count("no answer"));
}

function send(): void {
  const due = Math.floor(((clock.monotonicMs() - began) / 1000) * Number(perSecond));
  for (; sent < due; sent += 1) ask();
  clock.after(tick, send);
}

send();
await once(process, "SIGTERM");
console.log(`answers ${JSON.stringify(Object.fromEntries([...counts].sort()))}`);
process.exit(0);
