/** Which API server is meant and how it lets us in. */

import type { HttpServerAddress } from "#runtime/http/http-client.ts";

/** What a request shows. Neither part is ever logged. */
export interface Credential {
  /** The Authorization header. */
  readonly authorization?: string;
  /** A client certificate and its key, PEM. */
  readonly identity?: { readonly certificate: string; readonly key: string };
}

export interface Credentials {
  /** What to show now; throws StoreError `denied` when it cannot be had. */
  readonly current: () => Promise<Credential>;
  /** The server did not take it: the next {@link current} gets it anew. */
  readonly refused: () => void;
}

export interface ClusterAccess {
  readonly server: Omit<HttpServerAddress, "identity">;
  readonly credentials: Credentials;
  /** The namespace of whoever asks and names none. */
  readonly namespace: string;
  /** Where this comes from, for messages: a file and a context, or the pod we run in. */
  readonly from: string;
}
