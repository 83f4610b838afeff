/** httpbin's routes, as far as walkthroughs use them. */

import type { IncomingMessage, ServerResponse } from "node:http";
import process, { argv } from "node:process";
import { flagValue, portOf } from "../flags.ts";
import { listen } from "../listen.ts";
import { readBody } from "../request-body.ts";
import { page } from "./answer.ts";
import { findRoute } from "./routes.ts";

listen({
  defaultPort: 80,
  port: portOf(flagValue(argv.slice(2), "port")),
  handler: (request, response) => {
    answer(request, response).catch((error: unknown) => {
      // The client went away while its body was read or the answer was delayed: nobody is left to answer.
      process.stderr.write(`request failed: ${String(error)}\n`);
      response.destroy();
    });
  },
});

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(`http://httpbin${request.url ?? "/"}`);
  const body = await readBody(request);
  const found = findRoute(request.method ?? "GET", url.pathname);
  const result =
    found === undefined
      ? page(404, "Not Found", "The requested URL was not found on the server.")
      : await found({ request, url, body });
  const headers = {
    Server: "gunicorn/19.9.0",
    "Access-Control-Allow-Origin": request.headers.origin ?? "*",
    "Access-Control-Allow-Credentials": "true",
    ...result.headers,
  };
  const bodiless = result.status === 204 || result.status === 304;
  response.writeHead(result.status, {
    ...headers,
    ...(bodiless ? {} : { "Content-Length": Buffer.byteLength(result.body) }),
  });
  response.end(request.method === "HEAD" || bodiless ? undefined : result.body);
}
