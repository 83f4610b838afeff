/** An API over HTTP on loopback that fails when a test says so. */

import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type { ProviderFault } from "#certificates/dns-providers/contract.ts";

export interface ApiQuestion {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

export interface ApiReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export interface FakeApi extends AsyncDisposable {
  /** `http://127.0.0.1:port` */
  readonly url: string;
  /** What was asked, as `GET /path?query`. */
  readonly asked: readonly string[];
  /** Has the next request go wrong. With `lost-answer` the next one that changes something. */
  readonly fail: (fault: ProviderFault) => "set";
}

const faults: Readonly<Record<Exclude<ProviderFault, "lost-answer">, ApiReply>> = {
  outage: { status: 503, headers: { "content-type": "text/html" }, body: "<h1>down</h1>" },
  limited: { status: 429, headers: { "retry-after": "7" }, body: { message: "slower" } },
  denied: { status: 403, body: { message: `no\n${"x".repeat(2000)}` } },
};

/** Serves until it is disposed of. */
export async function serveApi(
  answer: (question: ApiQuestion) => Promise<ApiReply>,
): Promise<FakeApi> {
  const asked: string[] = [];
  let fault: ProviderFault | undefined;
  const judge = async (question: ApiQuestion): Promise<ApiReply | undefined> => {
    const now = fault;
    if (now === undefined) return await answer(question);
    if (now !== "lost-answer") {
      fault = undefined;
      return faults[now];
    }
    const reply = await answer(question);
    if (question.method === "GET" || question.url.pathname.endsWith("/token")) return reply;
    fault = undefined;
    return undefined;
  };
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://127.0.0.1");
    asked.push(`${request.method} ${url.pathname}${url.search}`);
    void (async () => {
      const body = await text(request);
      const { headers, method = "GET" } = request;
      const reply = await judge({ method, url, headers, body });
      if (reply === undefined) {
        request.socket.destroy();
        return;
      }
      const content = typeof reply.body === "string" ? reply.body : JSON.stringify(reply.body);
      response.writeHead(reply.status, reply.headers ?? { "content-type": "application/json" });
      response.end(reply.body === undefined ? "" : content);
    })().catch((error: unknown) => response.writeHead(500).end(String(error)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    fail: (next) => {
      fault = next;
      return "set";
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
