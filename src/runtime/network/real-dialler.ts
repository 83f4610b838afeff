/** Sockets of Node. */

import { connect } from "node:net";
import type { Duplex } from "node:stream";
import { connect as connectTls } from "node:tls";
import type { DialAddress, Dialler } from "./dialler.ts";

/** A {@link Dialler} on this machine. */
export function createDialler(): Dialler {
  return { dial };
}

function dial(address: DialAddress): Duplex {
  if (address.kind === "unix") return connect(address.path);
  const { host, port, certificateChain, privateKey, authorities } = address;
  return connectTls({
    ...{ host, port, servername: host },
    ...{ cert: certificateChain, key: privateKey, ca: authorities },
    minVersion: "TLSv1.3",
    ALPNProtocols: ["h2"],
  });
}
