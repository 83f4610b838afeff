/** Password hashes made by other programs of this machine: what we verify is not judged by ourselves. */

import { spawnSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { openssl } from "./certificates/openssl.ts";

/** By crypt(3), which perl hands on; undefined where it knows no bcrypt. */
export function bcryptHash(password: string, cost = 4): string | undefined {
  const salt = `$2y$${String(cost).padStart(2, "0")}$${randomBytes(16).toString("hex").slice(0, 21)}u`;
  const script = "print crypt($ARGV[0], $ARGV[1]) // ''";
  const run = spawnSync("perl", ["-e", script, password, salt], { encoding: "utf8" });
  return run.status === 0 && run.stdout.startsWith("$2y$") ? run.stdout : undefined;
}

/** By openssl. */
export function apr1Hash(password: string): string {
  return openssl(["passwd", "-apr1", "-stdin"], `${password}\n`).trim();
}

/** As htpasswd -s writes it (htpasswd(1), "SHA1"). */
export function shaHash(password: string): string {
  return `{SHA}${createHash("sha1").update(password).digest("base64")}`;
}
