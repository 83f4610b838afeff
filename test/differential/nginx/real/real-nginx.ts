/** Debian's nginx with a configuration, for tests: found, or installed where SEKISHO_INSTALL_PROGRAMS allows it. */

import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePorts } from "#test/system/harness/real-envoy.ts";
import { until } from "../../../bench/measure/waiting.ts";
import { type Found, findProgram } from "../../../bench/programs/find-program.ts";
import { startProgram } from "../../../bench/programs/program.ts";
import { formatConfiguration, type Host } from "./configuration.ts";

/** The program, or why there is none. */
export function findNginx(): Found {
  const mayInstall = process.env["SEKISHO_INSTALL_PROGRAMS"] === "1";
  const found = findProgram(
    { name: "nginx", variable: "SEKISHO_PEER_NGINX", from: { debian: "nginx" } },
    mayInstall,
  );
  if (found.kind === "found" || mayInstall) return found;
  return { ...found, reason: "there is no nginx; SEKISHO_INSTALL_PROGRAMS=1 has it installed" };
}

export interface RealNginx extends AsyncDisposable {
  readonly port: number;
}

/** Serves hosts, all before what listens at `upstreamPort`. */
export async function startNginx(
  program: string,
  hosts: readonly Host[],
  upstreamPort: number,
): Promise<RealNginx> {
  await using undo = new AsyncDisposableStack();
  const directory = mkdtempSync(join(tmpdir(), "sekisho-nginx-"));
  undo.defer(() => rmSync(directory, { recursive: true, force: true }));
  // Its workers may be of another account, and there is a socket in it.
  chmodSync(directory, 0o755);
  mkdirSync(join(directory, "logs"));
  const { port } = await freePorts("port");
  const file = join(directory, "nginx.conf");
  writeFileSync(file, formatConfiguration(hosts, { directory, port, upstreamPort }));
  const running = undo.use(
    await startProgram({
      command: program,
      args: ["-p", directory, "-c", file, "-e", join(directory, "error.log")],
      log: join(directory, "nginx.out"),
      directory,
    }),
  );
  const listens = until(() => isOpen(port), {
    what: "nginx",
    longestMs: 30_000,
    everyMs: 20,
  });
  await Promise.race([listens, running.death]);
  const kept = undo.move();
  return { port, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    const end = (isListening: boolean): void => {
      socket.destroy();
      resolve(isListening);
    };
    socket.on("connect", () => end(true));
    socket.on("error", () => end(false));
  });
}
