/** TLS connections: new ones at a steady rate, whether or not earlier ones are done, and some that stay and go on asking. */

import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import https from "node:https";
import tls from "node:tls";
import type { Clock } from "#runtime/clock.ts";

const longestMs = 20_000;
const between = Temporal.Duration.from({ milliseconds: 250 });
const tick = Temporal.Duration.from({ milliseconds: 10 });

/** A full handshake, and goodbye; the serial number that was shown. Rejects when it fails. */
export async function shakeHands(port: number, host: string): Promise<string> {
  const socket = connect(port, host);
  try {
    await once(socket, "secureConnect");
    return socket.getPeerX509Certificate()?.serialNumber ?? "";
  } finally {
    socket.destroy();
  }
}

function connect(port: number, host: string): tls.TLSSocket {
  // That the right one is shown is told by its serial number.
  const options = { host: "127.0.0.1", port, servername: host, rejectUnauthorized: false };
  const socket = tls.connect(options);
  socket.setTimeout(longestMs, () => socket.destroy(new Error("nothing came in time")));
  return socket;
}

export interface HandshakeReport {
  readonly handshakes: number;
  readonly seconds: number;
  readonly failed: readonly string[];
}

/** Shakes hands with the hosts in turn, so many times a second, until stopped. */
export function shakeSteadily(
  clock: Clock,
  { port, hosts }: { readonly port: number; readonly hosts: readonly string[] },
  perSecond: number,
): { readonly count: () => number; readonly stop: () => Promise<HandshakeReport> } {
  const began = clock.monotonicMs();
  const open = new Set<Promise<void>>();
  const failed: string[] = [];
  let begun = 0;
  let done = 0;
  let cancel = (): void => undefined;
  const begin = (): void => {
    const due = Math.floor(((clock.monotonicMs() - began) / 1000) * perSecond);
    for (; begun < due; begun += 1) {
      const host = hosts[begun % hosts.length] ?? "";
      const one = shakeHands(port, host).then(
        () => {
          done += 1;
        },
        (error: unknown) => void failed.push(`${host}: ${error}`),
      );
      open.add(one);
      void one.finally(() => open.delete(one));
    }
    cancel = clock.after(tick, begin);
  };
  begin();
  return {
    count: () => done,
    stop: async () => {
      cancel();
      await Promise.all(open);
      return { handshakes: done, seconds: (clock.monotonicMs() - began) / 1000, failed };
    },
  };
}

export interface KeptReport {
  readonly answers: number;
  readonly ended: readonly string[];
}

/** A connection to each host that asks again and again and is to stay. */
export async function keepConnections(
  clock: Clock,
  { port, hosts }: { readonly port: number; readonly hosts: readonly string[] },
): Promise<{ readonly stop: () => Promise<KeptReport> }> {
  const state = { stopping: false, answers: 0 };
  const ended: string[] = [];
  const kept = hosts.map((host) => ({
    host,
    agent: new https.Agent({ keepAlive: true, maxSockets: 1, servername: host }),
  }));
  await Promise.all(kept.map(({ host, agent }) => ask(agent, port, host)));
  const running = kept.map(async ({ host, agent }) => {
    while (!state.stopping) {
      const ending = await ask(agent, port, host).catch((error: unknown) => `${error}`);
      if (ending === undefined) state.answers += 1;
      else ended.push(`${host}: ${ending}`);
      await clock.sleep(between);
    }
    agent.destroy();
  });
  return {
    stop: async () => {
      state.stopping = true;
      await Promise.all(running);
      return { answers: state.answers, ended };
    },
  };
}

/** The host says its own first label; undefined when it did on the connection that there was. */
async function ask(agent: https.Agent, port: number, host: string): Promise<string | undefined> {
  const options = { host: "127.0.0.1", port, agent, headers: { host }, rejectUnauthorized: false };
  const request = https.get(options);
  request.setTimeout(longestMs, () => request.destroy(new Error("no answer in time")));
  const [response] = (await once(request, "response")) as [IncomingMessage];
  let body = "";
  for await (const chunk of response) body += `${chunk}`;
  if (response.statusCode !== 200 || body !== host.split(".")[0])
    return `${response.statusCode} ${body}`;
  return request.reusedSocket ? undefined : "another connection";
}
