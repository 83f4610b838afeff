/** Looks at a port by listening on it for a moment. */

import net from "node:net";
import type { PortProbe } from "./port-probe.ts";

type Verdict = Awaited<ReturnType<PortProbe["probe"]>>;

/** A {@link PortProbe} on this machine. */
export function createPortProbe(): PortProbe {
  return { probe };
}

/**
 * Pods share the port of their own address with whoever listens on every address, when that is the same user. So do two
 * who listen on every address, unseen by each other: whether somebody does is found by asking.
 */
async function probe(host: string, port: number): Promise<Verdict> {
  const alone = await listen({ host, port });
  if (alone !== "in-use" || !isEveryAddress(host)) return alone;
  const shared = await listen({ host, port, reusePort: true });
  return shared === "free" && !(await answers(port)) ? "free" : "in-use";
}

function isEveryAddress(host: string): boolean {
  return host === "0.0.0.0" || host === "::";
}

function listen(options: net.ListenOptions): Promise<Verdict> {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once("error", ({ code }: NodeJS.ErrnoException) => resolve(verdictOf(code)));
    server.listen(options, () => server.close(() => resolve("free")));
  });
}

function verdictOf(code: string | undefined): Verdict {
  if (code === "EADDRINUSE") return "in-use";
  return code === "EACCES" || code === "EPERM" ? "denied" : "other";
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect({ host: "127.0.0.1", port });
    socket.once("error", () => resolve(false));
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
  });
}
