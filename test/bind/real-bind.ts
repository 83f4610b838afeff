/** Debian's BIND in charge of one zone that keys may change, for tests: found, or installed where SEKISHO_INSTALL_PROGRAMS allows it. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePorts } from "#test/system/harness/real-envoy.ts";
import { until } from "../bench/measure/waiting.ts";
import { type Found, findProgram } from "../bench/programs/find-program.ts";
import { startProgram } from "../bench/programs/program.ts";

/** The program, or why there is none. */
export function findBind(): Found {
  const mayInstall = process.env["SEKISHO_INSTALL_PROGRAMS"] === "1";
  const found = findProgram({ name: "named", from: { debian: "bind9" } }, mayInstall);
  if (found.kind === "found" || mayInstall) return found;
  return { ...found, reason: "there is no BIND; SEKISHO_INSTALL_PROGRAMS=1 has it installed" };
}

export interface BindKey {
  readonly name: string;
  /** As BIND names it: `hmac-sha256`. */
  readonly algorithm: string;
  /** Base64. */
  readonly secret: string;
}

export interface RealBind extends AsyncDisposable {
  readonly port: number;
}

const longestStartMs = 30_000;

/** Serves a zone on 127.0.0.1; each of the keys may change it, and nobody else. */
export async function startBind(
  program: string,
  zone: string,
  keys: readonly BindKey[],
): Promise<RealBind> {
  await using undo = new AsyncDisposableStack();
  const directory = mkdtempSync(join(tmpdir(), "sekisho-bind-"));
  undo.defer(() => rmSync(directory, { recursive: true, force: true }));
  const { port } = await freePorts("port");
  const zoneFile = join(directory, "zone");
  writeFileSync(zoneFile, zoneText(zone));
  const file = join(directory, "named.conf");
  writeFileSync(file, configuration({ directory, port, zone, zoneFile, keys }));
  const running = undo.use(
    await startProgram({
      command: program,
      args: ["-g", "-c", file],
      log: join(directory, "named.log"),
      directory,
    }),
  );
  const ready = until(async () => running.lastWords().includes(`zone ${zone}/IN: loaded`), {
    what: "BIND",
    longestMs: longestStartMs,
    everyMs: 20,
  });
  await Promise.race([ready, running.death]);
  const kept = undo.move();
  return { port, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

function zoneText(zone: string): string {
  return `$ORIGIN ${zone}.
$TTL 60
@ IN SOA ns.${zone}. admin.${zone}. 1 60 60 60 60
@ IN NS ns.${zone}.
ns IN A 127.0.0.1
`;
}

interface Layout {
  readonly directory: string;
  readonly port: number;
  readonly zone: string;
  readonly zoneFile: string;
  readonly keys: readonly BindKey[];
}

function configuration({ directory, port, zone, zoneFile, keys }: Layout): string {
  const declared = keys.map(
    ({ name, algorithm, secret }) =>
      `key "${name}" { algorithm ${algorithm}; secret "${secret}"; };`,
  );
  return `options {
  directory "${directory}";
  pid-file "${directory}/named.pid";
  session-keyfile "${directory}/session.key";
  listen-on port ${port} { 127.0.0.1; };
  listen-on-v6 { none; };
  recursion no;
};
controls { };
${declared.join("\n")}
zone "${zone}" {
  type primary;
  file "${zoneFile}";
  allow-update { ${keys.map(({ name }) => `key "${name}";`).join(" ")} };
};
`;
}
