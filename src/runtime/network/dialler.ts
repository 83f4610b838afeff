/** Connections that we open ourselves for HTTP/2, injected. */

import type { Duplex } from "node:stream";

export type DialAddress =
  /** A Unix socket on this machine. */
  | { readonly kind: "unix"; readonly path: string }
  /** TLS 1.3 to a server that must show a certificate of `authorities` for `host`, who is shown ours. PEM texts. */
  | {
      readonly kind: "tls";
      readonly host: string;
      readonly port: number;
      readonly certificateChain: string;
      readonly privateKey: string;
      readonly authorities: string;
    };

export interface Dialler {
  /** A connection that is being opened; what goes wrong shows as its `error`. */
  readonly dial: (address: DialAddress) => Duplex;
}
