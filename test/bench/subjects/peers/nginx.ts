/** Debian's nginx: a server and an upstream for each host, told of changes by a new file and HUP. */

import { join } from "node:path";
import type { World } from "../../world/world.ts";
import {
  certificateFiles,
  hostRoutes,
  type Peer,
  type Place,
  replaceFile,
  writeCertificate,
} from "./peer.ts";

export const nginx: Peer = {
  name: "nginx",
  how: "a server and an upstream for each host, one worker, the whole file written anew and HUP",
  wanted: { name: "nginx", variable: "SEKISHO_PEER_NGINX", from: { debian: "nginx" } },
  versionArgs: ["-v"],
  prepare: async (world, place) => {
    const { directory } = place;
    const file = join(directory, "nginx.conf");
    for (const host of world.secureHosts) writeCertificate(world, directory, host);
    replaceFile(file, configuration(world, place));
    return {
      args: ["-p", directory, "-c", file, "-e", join(directory, "error.log")],
      apply: async (change, pid) => {
        if (change.kind === "certificate") writeCertificate(world, directory, change.host);
        else replaceFile(file, configuration(world, place));
        process.kill(pid, "SIGHUP");
      },
    };
  },
};

function configuration(world: World, { directory, http, https }: Place): string {
  const hosts = hostRoutes(world).map(({ host, name, port }) => {
    const { certificate, key } = certificateFiles(directory, host);
    const secure = world.isSecure(host)
      ? `listen 127.0.0.1:${https} ssl http2; ssl_certificate ${certificate}; ssl_certificate_key ${key};`
      : "";
    return `upstream u${host} { server 127.0.0.1:${port}; keepalive 64; }
server { listen 127.0.0.1:${http}; ${secure} server_name ${name}; location / { proxy_pass http://u${host}; } }`;
  });
  return `daemon off;
worker_processes 1;
pid ${join(directory, "nginx.pid")};
events { worker_connections 4096; }
http {
  access_log off;
  server_names_hash_max_size 65536;
  server_names_hash_bucket_size 128;
  keepalive_requests 1000000000;
  ssl_protocols TLSv1.2 TLSv1.3;
  proxy_http_version 1.1;
  proxy_set_header Connection "";
  proxy_set_header Host $http_host;
  client_body_temp_path ${directory}/body; proxy_temp_path ${directory}/proxy;
  fastcgi_temp_path ${directory}/fastcgi; uwsgi_temp_path ${directory}/uwsgi; scgi_temp_path ${directory}/scgi;
${hosts.join("\n")}
}
`;
}
