import assert from "node:assert/strict";
import { createServer, type RequestListener } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Server } from "node:net";
import { type TestContext, test } from "node:test";
import { selfSigned } from "#test/simulators/self-signed.ts";
import { type HttpAnswer, HttpClientError, type HttpClientErrorCode } from "./http-client.ts";
import { createHttpClients } from "./real-http-client.ts";

const forever = new AbortController().signal;

/** Listens until the test is over; resolves to the port. */
async function listen(context: TestContext, server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  context.after(() => new Promise((resolve) => server.close(resolve)));
  return (server.address() as AddressInfo).port;
}

async function get(
  context: TestContext,
  answer: RequestListener,
  signal = forever,
): Promise<HttpAnswer> {
  const server = createServer(answer);
  const port = await listen(context, server);
  context.after(() => server.closeAllConnections());
  const client = createHttpClients().to({ url: `http://127.0.0.1:${port}/prefix/` });
  return await client.request({ method: "GET", path: "/path?q=1", headers: {} }, signal);
}

async function textOf({ body }: HttpAnswer): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

async function failsWith(code: HttpClientErrorCode, act: () => Promise<unknown>): Promise<void> {
  await assert.rejects(act, (error) => error instanceof HttpClientError && error.code === code);
}

test("what the server answers comes back, below the path of the server's URL", async (context) => {
  const answer = await get(context, (request, response) => {
    response.writeHead(201, { "X-Seen": request.url ?? "" }).end("body");
  });
  assert.equal(answer.status, 201);
  assert.equal(answer.headers["x-seen"], "/prefix/path?q=1");
  assert.equal(await textOf(answer), "body");
});

test("a body that is cut off is an error, not a short body", async (context) => {
  const answer = await get(context, (_, response) => {
    response.writeHead(200).write("half", () => response.socket?.resetAndDestroy());
  });
  await failsWith("reset", () => textOf(answer));
});

test("an abort ends a body that goes on for ever", async (context) => {
  const stop = new AbortController();
  const answer = await get(
    context,
    (_, response) => {
      response.writeHead(200).write("first");
    },
    stop.signal,
  );
  const read = textOf(answer);
  stop.abort();
  await failsWith("aborted", () => read);
});

test("nobody at the port is told apart", async (context) => {
  const server = createServer();
  const port = await listen(context, server);
  await new Promise((resolve) => server.close(resolve));
  const client = createHttpClients().to({ url: `http://127.0.0.1:${port}` });
  await failsWith("refused", () =>
    client.request({ method: "GET", path: "/", headers: {} }, forever),
  );
});

test("a certificate that nobody we trust has signed is refused", async (context) => {
  const { certificate, key } = selfSigned(["elsewhere.example"]);
  const server = createTlsServer({ cert: certificate, key }, (_, response) => response.end("in"));
  const url = `https://127.0.0.1:${await listen(context, server)}`;
  const request = { method: "GET", path: "/", headers: {} } as const;
  await failsWith("untrusted", () => createHttpClients().to({ url }).request(request, forever));
  const trusting = createHttpClients().to({ url, unverified: true });
  assert.equal(await textOf(await trusting.request(request, forever)), "in");
  trusting.close();
});
