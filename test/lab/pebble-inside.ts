/** A real Pebble on a lab's node, with a DNS server that has every name at one address inside. */

import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { bringPebble } from "#test/pebble/programs.ts";
import { selfSigned } from "#test/simulators/self-signed.ts";
import type { Lab } from "./lab.ts";

/** The lab's node, as pods see it. */
const node = "10.244.0.1";
const ports = { acme: 14_000, management: 15_000, dns: 8053, names: 8055 };

export interface PebbleInside extends AsyncDisposable {
  /** The `acme` of an issuer that orders there, but for its solvers. */
  readonly issuer: object;
  /** The URL of its directory. */
  readonly directory: string;
  /** `address:port` of the DNS server that it asks. */
  readonly dns: string;
}

/** Where answers are looked for, at port 80. It takes a moment until it answers itself. */
export async function startPebbleInside(lab: Lab, address: string): Promise<PebbleInside> {
  await using started = new AsyncDisposableStack();
  const run = ([program = "", ...args]: readonly string[]): void => {
    const env = { PEBBLE_VA_NOSLEEP: "1", PEBBLE_WFE_NONCEREJECT: "0" };
    const child = lab.enter([program, ...args], { stdio: "ignore", env });
    started.defer(async () => {
      const closed = once(child, "close");
      child.kill();
      await closed;
    });
  };
  const programs = await bringPebble();
  const dns = `${node}:${ports.dns}`;
  run([
    ...[programs.names, "-dnsserver", dns, "-management", `${node}:${ports.names}`],
    ...["-http01", "", "-https01", "", "-tlsalpn01", "", "-doh", ""],
    ...["-defaultIPv4", address, "-defaultIPv6", ""],
  ]);
  run([programs.pebble, "-config", writeConfig(lab.directory), "-dnsserver", dns]);
  const all = started.move();
  const directory = `https://${node}:${ports.acme}/dir`;
  return {
    ...{ directory, dns },
    issuer: { server: directory, skipTLSVerify: true, email: "someone@example.com" },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

function writeConfig(directory: string): string {
  const { certificate, key } = selfSigned(["localhost"]);
  const write = (name: string, content: string): string => {
    const path = join(directory, name);
    writeFileSync(path, content);
    return path;
  };
  const pebble = {
    ...{ listenAddress: `${node}:${ports.acme}`, httpPort: 80, tlsPort: 443 },
    managementListenAddress: `${node}:${ports.management}`,
    certificate: write("pebble.crt", certificate),
    privateKey: write("pebble.key", key),
    ...{ ocspResponderURL: "", keyAlgorithm: "ecdsa", retryAfter: { authz: 0, order: 0 } },
  };
  return write("pebble.json", JSON.stringify({ pebble }));
}
