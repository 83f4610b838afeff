/** A new connection with a full handshake for a server name: how long it takes, and which certificate it is shown. */

import { connect } from "node:tls";

export interface Handshake {
  readonly milliseconds: number;
  /** SHA-256 of the certificate. */
  readonly fingerprint: string;
}

const longestHandshakeMs = 10_000;

/** Shakes hands and leaves; rejects when the server refuses. */
export function shakeHands(port: number, serverName: string): Promise<Handshake> {
  const started = performance.now();
  return new Promise((resolve, reject) => {
    // The certificates are made for the day: that the right one is shown is compared, not verified.
    const options = { host: "127.0.0.1", port, servername: serverName, rejectUnauthorized: false };
    const socket = connect(options, () => {
      const milliseconds = performance.now() - started;
      const { fingerprint256 } = socket.getPeerCertificate();
      socket.destroy();
      resolve({ milliseconds, fingerprint: fingerprint256 });
    });
    socket.setTimeout(longestHandshakeMs, () => socket.destroy(new Error("no handshake in 10 s")));
    socket.on("error", reject);
    socket.on("close", () => reject(new Error("the connection was closed during the handshake")));
  });
}
