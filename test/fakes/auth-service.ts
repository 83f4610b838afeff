/** A service that says who may pass, as a test tells it to, and remembers what it was asked. */

import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";

interface AuthAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface AuthService extends AsyncDisposable {
  /** `127.0.0.1:PORT`. */
  readonly address: string;
  readonly port: number;
  readonly asked: IncomingMessage[];
}

/** `answer`: undefined leaves the question without one. */
export async function startAuthService(
  answer: (request: IncomingMessage) => AuthAnswer | undefined,
): Promise<AuthService> {
  const asked: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    asked.push(request);
    const given = answer(request);
    if (given === undefined) return;
    response.writeHead(given.status, given.headers);
    response.end(given.body ?? "a body that nobody sees");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const bound = server.address();
  const port = typeof bound === "object" && bound !== null ? bound.port : 0;
  return {
    port,
    address: `127.0.0.1:${port}`,
    asked,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
