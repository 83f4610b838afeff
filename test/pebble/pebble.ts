/** A real ACME server for one test: Pebble, with a DNS server that tells it where names are. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import https from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { until } from "#test/bench/measure/waiting.ts";
import { type SelfSigned, selfSigned } from "#test/simulators/self-signed.ts";
import { freePorts } from "#test/system/harness/real-envoy.ts";
import { type GuardedProgram, startGuarded } from "./guarded-program.ts";
import { bringPebble } from "./programs.ts";

export interface PebbleOptions {
  /** The port of 127.0.0.1 where Pebble looks for answers over HTTP. Default: one where nobody listens. */
  readonly httpPort?: number;
  /** The same for TLS-ALPN. */
  readonly tlsPort?: number;
  /** Good nonces of a hundred that it refuses. Default 0. */
  readonly refusedNonces?: number;
  /** Valid authorizations of a hundred that it uses again. Default 0. */
  readonly reusedAuthorizations?: number;
  /** More roots, each with a chain of its own. Default 0. */
  readonly alternateRoots?: number;
  /** Key identifier → key; accounts then need one. */
  readonly externalAccounts?: Readonly<Record<string, string>>;
  /** Names that it never signs. */
  readonly blocked?: readonly string[];
  /** What its own server is known by, for `localhost`. Default: one made for it. */
  readonly server?: SelfSigned;
  /** Seconds that it asks to wait between two looks. Default 0. */
  readonly retryAfter?: number;
}

export interface Pebble extends AsyncDisposable {
  /** The URL of its directory. */
  readonly directory: string;
  /** PEM: who signs for its own server. */
  readonly authority: string;
  /** PEM: the root of what it issues; others by number. */
  readonly root: (number?: number) => Promise<string>;
  /** Where its DNS server answers, over UDP and TCP. */
  readonly dns: { readonly host: string; readonly port: number };
  /** Tells the DNS server something: `set-txt`, `add-a`. */
  readonly setNames: (command: string, body: object) => Promise<void>;
  /** Asks it to say when a certificate is to be renewed. */
  readonly manage: (path: string, body?: object) => Promise<string>;
  /** What it said last. */
  readonly said: () => string;
}

const longestStartMs = 30_000;

/** Starts both on ports of their own; every name is at 127.0.0.1 until the DNS server is told otherwise. */
export async function startPebble(options: PebbleOptions = {}): Promise<Pebble> {
  await using started = new AsyncDisposableStack();
  const programs = await bringPebble();
  const directory = mkdtempSync(join(tmpdir(), "sekisho-pebble-"));
  started.defer(() => rmSync(directory, { recursive: true, force: true }));
  const ports = await freePorts("acme", "management", "dns", "names", "unused");
  const { certificate, key } = options.server ?? selfSigned(["localhost"]);
  const files = {
    certificate: join(directory, "server.crt"),
    privateKey: join(directory, "server.key"),
  };
  writeFileSync(files.certificate, certificate);
  writeFileSync(files.privateKey, key);
  const config = join(directory, "config.json");
  writeFileSync(config, JSON.stringify(configuration(options, { files, ports })));
  const names = started.use(
    await startGuarded([
      programs.names,
      ...["-dnsserver", `127.0.0.1:${ports.dns}`, "-management", `127.0.0.1:${ports.names}`],
      ...["-http01", "", "-https01", "", "-tlsalpn01", "", "-doh", "", "-defaultIPv6", ""],
    ]),
  );
  const pebble = started.use(
    await startGuarded(
      [programs.pebble, "-config", config, "-dnsserver", `127.0.0.1:${ports.dns}`],
      variables(options),
    ),
  );
  const ask = (port: number, path: string, body?: object): Promise<string> =>
    request({ url: `https://localhost:${port}${path}`, ca: certificate, body });
  const setNames = async (command: string, body: object): Promise<void> => {
    const answer = await fetch(`http://127.0.0.1:${ports.names}/${command}`, {
      method: "POST",
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${command}: ${answer.status} ${await answer.text()}`);
  };
  await untilReady([pebble, names], async () => {
    await setNames("set-default-ipv4", { ip: "127.0.0.1" });
    await ask(ports.management, "/roots/0");
    return (await ask(ports.acme, "/dir")).includes("newOrder");
  });
  const all = started.move();
  return {
    directory: `https://localhost:${ports.acme}/dir`,
    authority: certificate,
    root: (number = 0) => ask(ports.management, `/roots/${number}`),
    dns: { host: "127.0.0.1", port: ports.dns },
    setNames,
    manage: (path, body) => ask(ports.management, path, body),
    said: pebble.said,
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

interface Place {
  readonly files: { readonly certificate: string; readonly privateKey: string };
  readonly ports: Readonly<Record<"acme" | "management" | "unused", number>>;
}

function configuration(options: PebbleOptions, { files, ports }: Place): object {
  const { externalAccounts, retryAfter = 0 } = options;
  return {
    pebble: {
      ...files,
      listenAddress: `127.0.0.1:${ports.acme}`,
      managementListenAddress: `127.0.0.1:${ports.management}`,
      httpPort: options.httpPort ?? ports.unused,
      tlsPort: options.tlsPort ?? ports.unused,
      ocspResponderURL: "",
      externalAccountBindingRequired: externalAccounts !== undefined,
      externalAccountMACKeys: externalAccounts ?? {},
      domainBlocklist: options.blocked ?? [],
      retryAfter: { authz: retryAfter, order: retryAfter },
      keyAlgorithm: "ecdsa",
      profiles: {
        default: { description: "90 days", validityPeriod: 7_776_000 },
        shortlived: { description: "160 hours", validityPeriod: 576_000 },
      },
    },
  };
}

function variables(options: PebbleOptions): Readonly<Record<string, string>> {
  const { refusedNonces = 0, reusedAuthorizations = 0, alternateRoots = 0 } = options;
  return {
    PEBBLE_VA_NOSLEEP: "1",
    PEBBLE_WFE_NONCEREJECT: `${refusedNonces}`,
    PEBBLE_AUTHZREUSE: `${reusedAuthorizations}`,
    PEBBLE_ALTERNATE_ROOTS: `${alternateRoots}`,
  };
}

async function untilReady(
  programs: readonly GuardedProgram[],
  isReady: () => Promise<boolean>,
): Promise<void> {
  try {
    await until(isReady, { what: "Pebble", longestMs: longestStartMs, everyMs: 20 });
  } catch (cause) {
    const said = programs.map((program) => program.said()).join("\n");
    throw new Error(`Pebble did not start; it said:\n${said}`, { cause });
  }
}

async function request({
  url,
  ca,
  body,
}: {
  readonly url: string;
  readonly ca: string;
  readonly body: object | undefined;
}): Promise<string> {
  const method = body === undefined ? "GET" : "POST";
  const headers = { "user-agent": "test" };
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const sent = https.request(url, { ca, method, agent: false, headers }, (answer) => {
    const { statusCode = 0 } = answer;
    text(answer).then((content) => {
      if (statusCode < 300) resolve(content);
      else reject(new Error(`${url}: ${statusCode} ${content}`));
    }, reject);
  });
  sent.on("error", reject);
  sent.end(body === undefined ? undefined : JSON.stringify(body));
  return await promise;
}
