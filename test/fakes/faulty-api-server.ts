/** An API server on loopback that answers as a test tells it: for faults that a real one does not show on demand. */

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Json } from "#base/json.ts";

/** What follows the lines of a watch. */
export type StreamEnd =
  /** The server ends the watch. */
  | "end"
  /** The connection breaks. */
  | "reset"
  /** Nothing comes any more. */
  | "silence";

export type Answer =
  | {
      readonly kind: "json";
      readonly status: number;
      readonly body: Json | string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** Lines as they are: a text is sent without a line end. */
  | { readonly kind: "stream"; readonly lines: readonly (Json | string)[]; readonly end: StreamEnd }
  /** The connection is closed before there is an answer. */
  | { readonly kind: "cut" };

export interface FaultyApiServer extends AsyncDisposable {
  readonly url: string;
  /** `GET /api/v1/services?limit=500`, in the order of arrival. */
  readonly requests: readonly string[];
  /** The ports that the requests came from: one for each connection. */
  readonly ports: readonly (number | undefined)[];
  /** The Authorization headers of the requests. */
  readonly shown: readonly (string | undefined)[];
  /** Answers to the next requests, one each; what comes behind them is answered 404. */
  readonly answer: (...answers: readonly Answer[]) => void;
}

/** A success, or a failure as API servers word it. */
export function json(body: Json, status = 200): Answer {
  return { kind: "json", status, body };
}

/** A `Status` object: what an API server says when it refuses. */
export function failure(code: number, reason: string, message = reason): Json {
  return { kind: "Status", apiVersion: "v1", status: "Failure", code, reason, message };
}

/** Listens on a port that is free. */
export async function startFaultyApiServer(): Promise<FaultyApiServer> {
  const requests: string[] = [];
  const ports: (number | undefined)[] = [];
  const shown: (string | undefined)[] = [];
  const answers: Answer[] = [];
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    ports.push(request.socket.remotePort);
    shown.push(request.headers.authorization);
    const none: Answer = { kind: "json", status: 404, body: failure(404, "NotFound") };
    request.resume().on("end", () => give(answers.shift() ?? none, request, response));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    ports,
    shown,
    answer: (...more) => void answers.push(...more),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function give(answer: Answer, request: IncomingMessage, response: ServerResponse): void {
  switch (answer.kind) {
    case "cut":
      request.socket.destroy();
      return;
    case "json": {
      const { status, body, headers = {} } = answer;
      const isText = typeof body === "string";
      response.writeHead(status, {
        "content-type": isText ? "text/plain" : "application/json",
        ...headers,
      });
      response.end(isText ? body : JSON.stringify(body));
      return;
    }
    case "stream":
      response.writeHead(200, { "content-type": "application/json" });
      response.flushHeaders();
      for (const line of answer.lines)
        response.write(typeof line === "string" ? line : `${JSON.stringify(line)}\n`);
      // A write that has left before the connection breaks was received.
      if (answer.end === "reset") response.write("", () => request.socket.resetAndDestroy());
      if (answer.end === "end") response.end();
  }
}
