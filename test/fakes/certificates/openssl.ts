/** The openssl program of this machine, an independent judge of what we write. */

import { spawnSync } from "node:child_process";
import type { KeyObject } from "node:crypto";

/** Why tests that ask OpenSSL are skipped here; false where they are not. */
export const noOpenssl: string | false =
  spawnSync("openssl", ["version"]).status === 0 ? false : "there is no openssl on this machine";

/** What it answers on both outputs, with its exit code in front when it is not 0. */
export function openssl(args: readonly string[], input?: string | Uint8Array): string {
  const run = spawnSync("openssl", args, { input, encoding: "utf8" });
  return `${run.status === 0 ? "" : `exit code ${run.status}: `}${run.stdout}${run.stderr}`;
}

/** A keystore by PKCS #12 as OpenSSL seals it, of a key alone: of its certificate nothing is asked. */
export function opensslKeystore(
  key: KeyObject,
  password: string,
  how: readonly string[] = [],
): Uint8Array {
  const input = key.export({ type: "pkcs8", format: "pem" });
  const args = ["pkcs12", "-export", "-nocerts", ...how, "-passout", `pass:${password}`];
  const run = spawnSync("openssl", args, { input });
  if (run.status !== 0) throw new Error(run.stderr.toString());
  return run.stdout;
}
