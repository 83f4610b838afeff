/** A backend that is quicker than any proxy before it: Debian's nginx with a fixed answer of 65 bytes. */

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePorts } from "#test/system/harness/real-envoy.ts";
import { HttpProbe } from "../measure/http-probe.ts";
import { until } from "../measure/waiting.ts";
import { startProgram } from "./program.ts";

export interface NginxBackend extends AsyncDisposable {
  readonly port: number;
  readonly body: string;
  readonly pid: number;
}

const body = "x".repeat(65);

export async function startNginxBackend(program: string, directory: string): Promise<NginxBackend> {
  mkdirSync(directory, { recursive: true });
  const { port } = await freePorts("port");
  const file = join(directory, "backend.conf");
  writeFileSync(file, configuration(directory, port));
  const running = await startProgram({
    command: program,
    args: ["-p", directory, "-c", file, "-e", join(directory, "backend-error.log")],
    log: join(directory, "backend.out"),
    directory,
  });
  const probe = new HttpProbe(port);
  const answers = async (): Promise<boolean> => (await probe.ask("backend")).body === body;
  await until(answers, { what: "the backend", longestMs: 10_000, everyMs: 20 });
  probe.close();
  const { pid } = running;
  return { port, body, pid, [Symbol.asyncDispose]: () => running[Symbol.asyncDispose]() };
}

function configuration(directory: string, port: number): string {
  return `daemon off;
worker_processes 1;
pid ${join(directory, "backend.pid")};
events { worker_connections 4096; }
http {
  access_log off;
  keepalive_requests 1000000000;
  keepalive_timeout 600s;
  client_body_temp_path ${directory}/body; proxy_temp_path ${directory}/proxy;
  fastcgi_temp_path ${directory}/fastcgi; uwsgi_temp_path ${directory}/uwsgi; scgi_temp_path ${directory}/scgi;
  server {
    listen 127.0.0.1:${port};
    location / { default_type text/plain; return 200 "${body}"; }
  }
}
`;
}
