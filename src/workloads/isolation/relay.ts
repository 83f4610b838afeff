/**
 * Lets an ordinary user's pod be reached: a process in the pod's namespaces that holds listening sockets made outside.
 *
 * `open ADDRESS NAME PORT=MOVED…` opens MOVED on ADDRESS outside, starts itself again as `serve` in new namespaces, hands the
 * sockets over, prints the new process id and ends. `serve ADDRESS` passes each connection on to PORT inside.
 */

import { fork } from "node:child_process";
import type { Server, Socket } from "node:net";
import { connect, createServer } from "node:net";
import process, { argv } from "node:process";
import { setInterval as repeat } from "node:timers";
import { fileURLToPath } from "node:url";

const [role, address = "", ...rest] = argv.slice(2);
if (role === "open") await open(address, rest);
else serve(address);

async function open(host: string, [name = "", ...ports]: readonly string[]): Promise<void> {
  // The host name is a courtesy: not every machine has the command that sets it.
  const prepare = 'ip link set lo up && { hostname "$0" 2>/dev/null || :; } && exec "$@"';
  const namespaces = ["--user", "--map-root-user", "--net", "--uts"];
  const child = fork(fileURLToPath(import.meta.url), ["serve", host], {
    execPath: "unshare",
    execArgv: [...namespaces, "sh", "-c", prepare, name, process.execPath],
    stdio: ["ignore", "ignore", "pipe", "ipc"],
    detached: true,
  });
  // Not inherited: whoever waits for the end of our output must not wait for the relay's.
  child.stderr?.on("data", (text: Buffer) => process.stderr.write(text));
  const ready = Promise.withResolvers<void>();
  child.once("message", () => ready.resolve());
  child.once("error", ready.reject);
  child.once("exit", (code) => ready.reject(new Error(`no namespaces (exit code ${code})`)));
  for (const entry of ports) {
    const [port, moved] = entry.split("=").map(Number);
    const server = await listening(host, moved ?? 0);
    child.send({ port }, server);
  }
  child.send({ done: true });
  await ready.promise;
  process.stdout.write(`${child.pid}\n`, () => process.exit(0));
}

function listening(host: string, port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer({ pauseOnConnect: true });
    server.once("error", reject);
    // Else a gate on every address could not have the port of any pod, and 8080 is the usual port of both.
    server.listen({ port, host, reusePort: true }, () => resolve(server));
  });
}

function serve(host: string): void {
  // A relay without ports still holds the namespaces.
  repeat(() => undefined, 2 ** 31 - 1);
  process.on("message", (message: { port?: number }, handle: unknown) => {
    const { port } = message;
    if (port === undefined) {
      process.send?.("ready", () => process.disconnect?.());
      return;
    }
    const server = handle as Server;
    server.on("connection", (outside: Socket) => pass(outside, host, port));
  });
}

function pass(outside: Socket, host: string, port: number): void {
  outside.allowHalfOpen = true;
  const inside = connect({ host, port, allowHalfOpen: true });
  // A refused connection shows as a reset: closest to what the client would have seen.
  inside.on("error", () => outside.resetAndDestroy());
  outside.on("error", () => inside.resetAndDestroy());
  outside.pipe(inside);
  inside.pipe(outside);
  outside.resume();
}
