/** Debian's HAProxy: a backend for each host and a map that finds it, told of changes over its runtime API. */

import { once } from "node:events";
import { connect } from "node:net";
import { join } from "node:path";
import type { Change, World } from "../../world/world.ts";
import { hostRoutes, type Peer, type Place, replaceFile } from "./peer.ts";

export const haproxy: Peer = {
  name: "HAProxy",
  how: "a backend for each host and a map file, one thread, its runtime API (set server, set ssl cert); without the API it would be reloaded",
  wanted: { name: "haproxy", variable: "SEKISHO_PEER_HAPROXY", from: { debian: "haproxy" } },
  versionArgs: ["-v"],
  prepare: async (world, place) => {
    const { directory } = place;
    const file = join(directory, "haproxy.cfg");
    for (const host of world.secureHosts) {
      replaceFile(certificateFile(directory, host), pairText(world, host));
    }
    const hosts = hostRoutes(world);
    const map = hosts.map(({ host, name }) => `${name} b${host}`);
    replaceFile(join(directory, "hosts.map"), `${map.join("\n")}\n`);
    replaceFile(file, configuration(world, place));
    return {
      args: ["-f", file, "-db"],
      apply: (change) => tell(join(directory, "api.sock"), commandsOf(world, directory, change)),
    };
  },
};

function commandsOf(world: World, directory: string, change: Change): readonly string[] {
  if (change.kind === "certificate") {
    const file = certificateFile(directory, change.host);
    // An empty line ends what is handed over.
    const text = pairText(world, change.host).replaceAll(/\n+/g, "\n").trim();
    return [`set ssl cert ${file} <<\n${text}\n`, `commit ssl cert ${file}`];
  }
  if (change.kind !== "route") throw new Error(`no command for a change of kind ${change.kind}`);
  const { route } = change;
  return [`set server b${route}/s addr 127.0.0.1 port ${world.portOf(route)}`];
}

async function tell(socketPath: string, commands: readonly string[]): Promise<void> {
  for (const command of commands) {
    const socket = connect(socketPath);
    let answer = "";
    socket.setEncoding("utf8").on("data", (chunk: string) => {
      answer += chunk;
    });
    socket.write(`${command}\n`);
    await once(socket, "close");
    if (/unable|error|unknown|can't|no such/i.test(answer)) throw new Error(`HAProxy: ${answer}`);
  }
}

function certificateFile(directory: string, host: number): string {
  return join(directory, "certificates", `${host}.pem`);
}

function pairText(world: World, host: number): string {
  const { certificate, key } = world.pairOf(host);
  return `${certificate}${key}`;
}

function configuration(world: World, { directory, http, https }: Place): string {
  const certificates = join(directory, "certificates");
  const secure =
    world.secureHosts.length === 0
      ? ""
      : `bind 127.0.0.1:${https} ssl crt ${certificates} alpn h2,http/1.1`;
  const backends = hostRoutes(world).map(
    ({ host, port }) => `backend b${host}\n  server s 127.0.0.1:${port}`,
  );
  return `global
  nbthread 1
  maxconn 4000
  stats socket ${join(directory, "api.sock")} mode 600 level admin
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
frontend all
  bind 127.0.0.1:${http}
  ${secure}
  use_backend %[req.hdr(host),field(1,:),lower,map(${join(directory, "hosts.map")},none)]
backend none
  http-request return status 404
${backends.join("\n")}
`;
}
