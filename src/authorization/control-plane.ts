/** What the adapter is told of where the control plane is → how it is reached. */

import path from "node:path";
import type { Files } from "#runtime/files.ts";
import type { DialAddress } from "#runtime/network/dialler.ts";

const maxPemBytes = 1024 * 1024;

/**
 * `place`: the path of a Unix socket; with an identity, the name and port of a Service. The identity is a directory with
 * `tls.crt`, `tls.key` and `ca.crt`, read for each connection, as they are replaced. Throws FilesError.
 */
export async function findControlPlane(
  files: Files,
  place: string,
  identity: string | undefined,
): Promise<DialAddress> {
  if (identity === undefined) return { kind: "unix", path: place };
  const pem = async (name: string): Promise<string> =>
    new TextDecoder().decode(await files.read(path.join(identity, name), maxPemBytes));
  const [host = "", port = ""] = place.split(/:(?=\d+$)/);
  return {
    kind: "tls",
    host,
    port: Number(port),
    certificateChain: await pem("tls.crt"),
    privateKey: await pem("tls.key"),
    authorities: await pem("ca.crt"),
  };
}
