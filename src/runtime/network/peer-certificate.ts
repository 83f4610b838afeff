/** The certificate that the client of a request has shown. */

import type { Http2ServerRequest } from "node:http2";
import { TLSSocket } from "node:tls";

/** In DER, verified against the authorities of the listener; undefined on a Unix socket and once the peer is gone. */
export function peerCertificate(request: Http2ServerRequest): Uint8Array | undefined {
  const socket = request.stream.session?.socket;
  return socket instanceof TLSSocket ? socket.getPeerX509Certificate()?.raw : undefined;
}
