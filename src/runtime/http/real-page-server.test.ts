import assert from "node:assert/strict";
import { once } from "node:events";
import http from "node:http";
import { connect, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { type Page, type PageRequest, PageServerError } from "./page-server.ts";
import { createPageServer, defaultPageLimits, type PageServerLimits } from "./real-page-server.ts";

const loopback = { host: "127.0.0.1", port: 0 };

const hello: Page = {
  status: 200,
  headers: { "content-type": "text/plain" },
  body: Buffer.from("hello"),
};

/** A server that is gone when the test ends; returns its port. */
async function start(
  context: TestContext,
  answer: (request: PageRequest) => Promise<Page>,
  limits: Partial<PageServerLimits> = {},
): Promise<number> {
  const server = createPageServer({ ...defaultPageLimits, ...limits });
  const listener = await server.listen(loopback, answer);
  context.after(() => listener.close());
  return listener.port;
}

interface Answer {
  readonly status: number | undefined;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

async function ask(port: number, method: string, path: string, body = ""): Promise<Answer> {
  const request = http.request({ host: loopback.host, port, method, path, agent: false });
  request.end(body);
  const [response] = (await once(request, "response")) as [http.IncomingMessage];
  let text = "";
  for await (const chunk of response.setEncoding("utf8")) text += chunk;
  return { status: response.statusCode, headers: response.headers, body: text };
}

async function closes(socket: Socket): Promise<string> {
  let text = "";
  socket.on("data", (chunk: Buffer) => {
    text += chunk.toString();
  });
  // A reset is an end as well.
  socket.on("error", () => undefined);
  await once(socket, "close");
  return text;
}

test("a page is asked for by method and path, and a HEAD gets all but the body", async (t) => {
  const asked: PageRequest[] = [];
  const port = await start(t, async (request) => {
    asked.push(request);
    return hello;
  });
  const got = await ask(port, "GET", "/a?b=c");
  assert.deepEqual([got.status, got.body, got.headers["content-length"]], [200, "hello", "5"]);
  const head = await ask(port, "HEAD", "/a");
  assert.deepEqual([head.status, head.body, head.headers["content-length"]], [200, "", "5"]);
  assert.deepEqual(asked, [
    { method: "GET", path: "/a" },
    { method: "HEAD", path: "/a" },
  ]);
});

test("a body is not read and ends the connection; a page that fails is a 500 without details", async (t) => {
  const port = await start(t, async ({ path }) => {
    if (path === "/broken") throw new Error("a secret");
    return hello;
  });
  const posted = await ask(port, "POST", "/", "x".repeat(10));
  assert.equal(posted.headers.connection, "close");
  const broken = await ask(port, "GET", "/broken");
  assert.deepEqual([broken.status, broken.body], [500, ""]);
});

test("a client that says nothing is closed, and one connection too many is closed at once", async (t) => {
  const port = await start(t, async () => hello, { maxConnections: 1, waitMs: 200 });
  const silent = connect({ host: loopback.host, port });
  await once(silent, "connect");
  const surplus = connect({ host: loopback.host, port });
  assert.equal(await closes(surplus), "");
  assert.match(await closes(silent), /^(HTTP\/1\.1 408|$)/);
});

test("a client that does not take the answer is closed", async (t) => {
  const large = { ...hello, body: new Uint8Array(64 * 1024 * 1024) };
  const port = await start(t, async () => large, { answerMs: 200 });
  const slow = connect({ host: loopback.host, port });
  slow.pause();
  slow.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  await once(slow, "readable");
  assert.ok((await closes(slow.resume())).length < large.body.length);
});

test("too large a head is refused", async (t) => {
  const port = await start(t, async () => hello);
  const loud = connect({ host: loopback.host, port });
  loud.write(`GET / HTTP/1.1\r\nHost: x\r\nX: ${"y".repeat(16 * 1024)}\r\n\r\n`);
  assert.match(await closes(loud), /^HTTP\/1\.1 431/);
});

test("an address that cannot be had says why", async (t) => {
  const port = await start(t, async () => hello);
  const server = createPageServer();
  const refused = (code: string) => (error: unknown) =>
    error instanceof PageServerError && error.code === code;
  await assert.rejects(
    server.listen({ ...loopback, port }, async () => hello),
    refused("in-use"),
  );
  await assert.rejects(
    server.listen({ host: "192.0.2.1", port: 0 }, async () => hello),
    refused("other"),
  );
});
