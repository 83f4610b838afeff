/** Connect services as a handler for an HTTP/2 server: gRPC only, nothing compressed (both ends are near). */

import type { ConnectRouter } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import type { Http2Handler } from "#runtime/http/http2-server.ts";

/** Answers gRPC calls for the services that `routes` adds. */
export function createHttp2Handler(routes: (router: ConnectRouter) => void): Http2Handler {
  return connectNodeAdapter({ routes, connect: false, grpcWeb: false, acceptCompression: [] });
}
